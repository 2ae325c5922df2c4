"""What waits for a look is looked at soon, whatever ended the first try, and never calls itself clean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import MessageId
from lazaretto.core.submission import Submission
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.rescanning import AGAIN_AFTER, AT_ONCE, Rescanner
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.unscanned import UnscannedMessages
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.testing.copies import FixedDirectory
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

pytestmark = pytest.mark.integration

Look = Callable[[Submission], Judgement]


async def gather(submission: Submission) -> Gathered:
    return Gathered(received_at=submission.received_at, client=submission.client)


class OneTenant(FixedDirectory):
    """The tenant of the tests' messages, with the policy that an empty document comes to."""

    def __init__(self) -> None:
        super().__init__({})
        document = parse_document("version: 1\ntenant: acme\ndomains: {customer.example: {}}\n", "acme.yaml")
        self._snapshot = compile_snapshot(document, TENANT, 1)


class Scripted(Asker):
    """Answers what a test says in place of a station; the rest is the real thing."""

    def __init__(self, look: Look) -> None:
        super().__init__(Path("/nowhere"), OneTenant(), gather, PipelineSettings())
        self._look = look
        self.hangs = False
        self.asked = asyncio.Event()

    async def look_patiently(self, submission: Submission, recorded: object = None) -> Judgement:
        self.asked.set()
        if self.hangs:
            await asyncio.Event().wait()
        return self._look(submission)


def clean(submission: Submission) -> Judgement:
    return a_judgement(a_copy(submission, Disposition.DELIVER))


def no_station(_: Submission) -> Judgement:
    raise TemporaryFailure("no scan worker listens")


def rescanner(spool, asker: Scripted) -> Rescanner:
    (spool.home / "tmp").mkdir(exist_ok=True)
    unscanned = UnscannedMessages(
        spool.pool,
        spool.store,
        spool.node,
        spool.settings,
        temporary=spool.home / "tmp",
        content_settings=ContentSettings(),
        clock=spool.clock,
    )
    return Rescanner(unscanned, spool.queue, asker, lambda copy, octets: True)


async def waiting(spool, count: int = 1) -> list[MessageId]:
    submissions = [a_submission() for _ in range(count)]
    for submission in submissions:
        await spool.acceptor.commit(submission, None)
    spool.clock.turn(timedelta(seconds=1))
    return [submission.id for submission in submissions]


async def looked(worker: Rescanner) -> int:
    """Have everything looked at that may be; return how many messages that were."""
    count = await worker.look_once()
    while more := await worker.look_once():
        count += more
    return count


async def test_what_an_earlier_process_of_the_node_died_over_is_looked_at_at_once(spool) -> None:
    """A stop or a kill in the middle of a look must not cost a message the rest of its lease."""
    messages = await waiting(spool, AT_ONCE)
    asker = Scripted(clean)
    asker.hangs = True
    await dying_over(rescanner(spool, asker), asker)

    assert await looked(rescanner(spool, Scripted(clean))) == AT_ONCE

    assert [spool.places(message) for message in messages] == [["ready"]] * AT_ONCE


async def test_what_could_not_be_looked_at_comes_again_after_a_minute_and_not_after_a_lease(spool) -> None:
    (message,) = await waiting(spool)
    assert await looked(rescanner(spool, Scripted(no_station))) == 1
    worker = rescanner(spool, Scripted(clean))
    assert await looked(worker) == 0

    spool.clock.turn(AGAIN_AFTER)

    assert await looked(worker) == 1
    assert spool.places(message) == ["ready"]


async def test_a_message_that_was_not_settled_because_the_database_went_away_is_settled_when_it_is_back(
    spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = await waiting(spool)
    worker = rescanner(spool, Scripted(clean))

    async def away(*_: object) -> None:
        raise TemporaryFailure("database: connection refused")

    assert await worker.look_once() == 0
    with monkeypatch.context() as broken:
        broken.setattr(worker._unscanned, "settle_scan", away)
        broken.setattr(spool.queue, "give_back", away)
        with pytest.raises(TemporaryFailure):
            await worker.look_once()

    assert await worker.look_once() == 1
    assert spool.places(message) == ["ready"]


async def test_a_message_whose_content_is_damaged_is_unscannable_and_told_as_such(spool) -> None:
    (message,) = await waiting(spool)
    spool.sql(
        "UPDATE content SET octets = set_byte(octets, 40, 255 - get_byte(octets, 40)) WHERE message = %s",
        message,
    )

    assert await looked(rescanner(spool, Scripted(clean))) == 1

    assert spool.places(message) == ["quarantined"]
    assert spool.events(message) == ["received", "scanned", "quarantined"]
    ((scanned,),) = spool.sql(
        "SELECT payload->'details' FROM outbox WHERE payload->>'kind' = 'scanned'"
        " AND payload->>'message' = %s",
        str(message),
    )
    assert "its stored content is damaged" in str(scanned)
    assert scanned["verdict"] == "unscannable"


async def dying_over(worker: Rescanner, asker: Scripted) -> None:
    """Let ``worker`` end in the middle of its looks."""
    work = asyncio.create_task(worker.run())
    await asker.asked.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
