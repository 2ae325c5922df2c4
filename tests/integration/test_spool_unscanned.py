"""What waits for a look is handed out as it was received; refusals leave their story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction, Leg, Recipient
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.refusal import Refusal
from lazaretto.core.reply import Reply
from lazaretto.journal.search import Search
from lazaretto.journal.shipping import Shipper
from lazaretto.journal.trace import Trace
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import Intake
from lazaretto.spool.reconciling import reconcile
from lazaretto.spool.refusals import RefusalLog
from lazaretto.spool.unscanned import UnscannedMessages, discard_content
from lazaretto.testing.messages import a_copy, a_judgement, a_submission


@pytest.fixture
def unscanned(spool) -> UnscannedMessages:
    (spool.home / "tmp").mkdir()
    return UnscannedMessages(
        spool.pool,
        spool.store,
        spool.node,
        spool.settings,
        temporary=spool.home / "tmp",
        content_settings=ContentSettings(),
        clock=spool.clock,
    )


async def test_an_unscanned_message_is_handed_out_as_it_was_received(spool, unscanned) -> None:
    submission = a_submission("bob@customer.example", "eve@other.example")
    assert await spool.acceptor.commit(submission, None) == ()
    assert spool.places(submission.id) == ["received", "received"]
    assert await spool.queue.claim() == []

    spool.clock.turn(timedelta(seconds=1))
    (claimed,) = await unscanned.claim_unscanned()

    assert claimed.submission == submission
    assert await unscanned.claim_unscanned() == []


async def test_a_late_look_moves_every_recipient(spool, unscanned) -> None:
    submission = a_submission("a@one.example", "b@two.example", "c@one.example")
    await spool.acceptor.commit(submission, None)
    spool.clock.turn(timedelta(seconds=1))
    (claimed,) = await unscanned.claim_unscanned()
    copies = (
        a_copy(submission, Disposition.DELIVER, "a@one.example", deliver_to=("z@three.example",)),
        a_copy(submission, Disposition.QUARANTINE, "b@two.example", reason="spam"),
        a_copy(submission, Disposition.DELETE, "c@one.example", reason="spam"),
        a_copy(submission, Disposition.DELIVER, deliver_to=("archive@vault.example",), additional=True),
    )
    judgement = a_judgement(*copies, verdict=Verdict.SPAM, return_path_trusted=True)

    ready = await unscanned.settle_scan(claimed.lease, claimed.submission, judgement)

    assert ready is not None
    assert sorted((c.destination, c.return_path_trusted) for c in ready) == [
        ("three.example", True),
        ("vault.example", True),
    ]
    assert spool.places(submission.id) == ["ready", "quarantined", "deleted", "ready"]
    assert await unscanned.settle_scan(claimed.lease, claimed.submission, judgement) is None
    assert spool.sql("SELECT verdict, submission FROM message") == [("spam", None)]
    (balance,) = await reconcile(spool.pool)
    assert balance.is_right
    assert await spool.queue.renew([copy.lease for copy in ready]) == ()


async def test_large_unscanned_content_comes_back_sealed(spool, unscanned) -> None:
    intake = Intake(spool.home / "tmp", ContentSettings())
    octets = b"Subject: big\r\n\r\n" + b"y" * 200_000
    intake.write(octets)
    submission = a_submission(content=intake.finish())
    await spool.acceptor.commit(submission, None)
    spool.clock.turn(timedelta(seconds=1))

    (claimed,) = await unscanned.claim_unscanned()

    assert claimed.submission.content.size == len(octets)
    assert claimed.submission.content.sha256 == submission.content.sha256
    assert claimed.submission.content.octets is None
    discard_content(claimed)


async def test_each_tenant_looks_at_its_own_part(spool, unscanned) -> None:
    legs = tuple(
        Leg(
            tenant=TenantId(number),
            direction=Direction.INBOUND,
            recipients=(Recipient(address=f"bob@t{number}.example"),),
        )
        for number in (1, 2)
    )
    await spool.acceptor.commit(a_submission(legs=legs), None)
    spool.clock.turn(timedelta(seconds=1))

    claimed = await unscanned.claim_unscanned()

    assert sorted([r.address for r in each.submission.envelope.recipients] for each in claimed) == [
        ["bob@t1.example"],
        ["bob@t2.example"],
    ]


def a_refusal(address: str = "nobody@customer.example", *, ip: str = "192.0.2.7", at=None) -> Refusal:
    return Refusal(
        id=new_message_id(),
        at=at or datetime.now(tz=UTC),
        tenant=TenantId(7),
        direction=Direction.INBOUND,
        client=Client(ip=ip, helo="sender.example"),
        reverse_path="ann@sender.example",
        recipient=address,
        stage="rcpt",
        reply=Reply(550, "5.1.1", "invalid recipient"),
        reason="not on the validation list",
    )


async def test_a_refused_recipient_can_be_traced(spool) -> None:
    log = RefusalLog(spool.pool, spool.settings)
    log.note(a_refusal())
    await log.flush()
    await Shipper(spool.pool, spool.trace_pool).ship_once()

    (story,) = await Trace(spool.trace_pool).find(Search(recipient="nobody@customer.example"))

    assert story.reply == "550 5.1.1 invalid recipient"
    assert (story.recipients[0].place, story.recipients[0].disposition) == ("refused", "reject")
    assert story.events[0]["reason"] == "not on the validation list"


async def test_a_flood_of_refusals_is_counted_in_one_row(spool) -> None:
    log = RefusalLog(spool.pool, spool.settings)
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for number in range(1_000):
        log.note(a_refusal(f"n{number}@customer.example", at=at))
    log.note(a_refusal(ip="192.0.2.8", at=at))

    await log.flush(at)
    told = spool.settings.refusals_per_minute + 1
    assert spool.sql("SELECT count(*) FROM outbox") == [(told,)]

    await log.flush(at + timedelta(minutes=1))
    rows = spool.sql("SELECT (payload->'details'->>'count')::int FROM outbox ORDER BY seq DESC LIMIT 1")
    assert rows == [(1_000 - spool.settings.refusals_per_minute,)]
    assert spool.sql("SELECT count(*) FROM outbox") == [(told + 1,)]


async def test_refusals_are_written_within_a_second_and_at_the_end(spool) -> None:
    log = RefusalLog(spool.pool, spool.settings)
    await log.start()
    log.note(a_refusal())
    await log.stop()

    assert spool.sql("SELECT count(*) FROM outbox") == [(1,)]
    assert UUID(spool.sql("SELECT payload->>'message' FROM outbox")[0][0])
