"""Mail beyond a limit of what may be sent: kept back until somebody decides, or told and let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.excess import Counted, Excess, SendingLimit
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import QueueKind
from lazaretto.edge.gates.tally import Tally
from lazaretto.run.tallying import SharedTallies
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.reconciling import reconcile
from lazaretto.spool.selection import Selection
from lazaretto.spool.steering import Steering
from lazaretto.spool.tallies import Tallies
from lazaretto.spool.unscanned import UnscannedMessages
from lazaretto.spool.waiting import Waiting, WaitingCopy
from lazaretto.testing.messages import a_copy, a_judgement, a_submission

TENANT = TenantId(7)
HELD = Excess(limit=SendingLimit.EXTERNAL, counted=501, allowed=500, is_held=True)
KEY = (TENANT, "out alice@customer.example")


async def sent(
    spool: Any, excess: Excess | None, *recipients: str, looked_at: bool = True
) -> tuple[MessageId, list[Any]]:
    """Commit a message of one of the tenant's senders; return it and what is ready to go."""
    addresses = recipients or ("eve@elsewhere.example",)
    leg = Leg(
        tenant=TENANT,
        direction=Direction.OUTBOUND,
        recipients=tuple(Recipient(address=address) for address in addresses),
        excess=excess,
    )
    submission = a_submission(legs=(leg,), at=spool.clock())
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER)) if looked_at else None
    return submission.id, list(await spool.acceptor.commit(submission, judgement))


async def listed(spool: Any, **selection: Any) -> list[WaitingCopy]:
    return await Waiting(spool.pool, clock=spool.clock).list(Selection(**selection))


def events(spool: Any, message: MessageId) -> list[tuple[str, str | None]]:
    return spool.sql(
        "SELECT payload->>'kind', payload->'details'->>'limit' FROM outbox"
        f" WHERE payload->>'message' = '{message}' ORDER BY seq"
    )


def places(spool: Any) -> list[str]:
    return [place for (place,) in spool.sql("SELECT place FROM recipient ORDER BY number")]


async def test_what_is_too_much_is_kept_back_and_says_why(spool) -> None:
    message, ready = await sent(spool, HELD, "eve@elsewhere.example", "ann@far.example")

    assert ready == []
    assert await spool.queue.claim() == []
    copies = await listed(spool, held=True, sender="ann@sender.example")
    assert {copy.kind for copy in copies} == {QueueKind.EXCESS}
    assert copies[0].last_reply == "kept back: external-per-hour, 501 where 500 are allowed"
    assert await listed(spool, reason="external-per-hour", held=False) == []
    assert places(spool) == ["held", "held"]
    assert events(spool, message)[-1] == ("held", "external-per-hour")


async def test_what_is_only_told_goes_on(spool) -> None:
    message, ready = await sent(spool, replace(HELD, is_held=False))

    assert len(ready) == 1
    assert ("exceeded", "external-per-hour") in events(spool, message)
    assert places(spool) == ["ready"]


async def test_what_was_accepted_without_a_look_is_kept_back_after_it(spool) -> None:
    await sent(spool, HELD, looked_at=False)
    unscanned = UnscannedMessages(
        spool.pool,
        spool.store,
        spool.node,
        spool.settings,
        temporary=spool.home,
        content_settings=ContentSettings(),
        clock=spool.clock,
    )
    (waiting,) = await unscanned.claim_unscanned()
    judgement = a_judgement(a_copy(waiting.submission, Disposition.DELIVER))

    settled = await unscanned.settle_scan(waiting.lease, waiting.submission, judgement)

    assert settled == ()
    assert places(spool) == ["held"]
    assert len(await listed(spool, held=True)) == 1


@pytest.mark.parametrize(("order", "kind"), [("release", QueueKind.DELIVER), ("bounce", QueueKind.BOUNCE)])
async def test_people_let_it_go_or_give_it_back(spool, order: str, kind: QueueKind) -> None:
    message, _ = await sent(spool, HELD)
    steering = Steering(spool.pool, clock=spool.clock)

    assert await getattr(steering, order)(Selection(sender="ANN@sender.example"), by="ada") == 1

    (copy,) = await spool.queue.claim()
    assert copy.kind is kind
    assert copy.lease.message == message


async def test_people_delete_it_and_the_books_agree(spool) -> None:
    message, _ = await sent(spool, HELD, "eve@elsewhere.example", "ann@far.example")
    await sent(spool, None)

    assert await Steering(spool.pool, clock=spool.clock).delete(Selection(ids=(message,)), by="ada") == 2

    assert await listed(spool, held=True) == []
    assert events(spool, message)[-1][0] == "deleted"
    assert sorted(places(spool)) == ["deleted", "deleted", "ready"]
    (balance,) = await reconcile(spool.pool)
    assert (balance.accepted, balance.deleted, balance.queued) == (3, 2, 1)
    assert balance.is_right


async def test_one_tenant_deletes_nothing_of_another(spool) -> None:
    message, _ = await sent(spool, HELD)
    steering = Steering(spool.pool, clock=spool.clock)

    assert await steering.delete(Selection(tenant=TenantId(8), ids=(message,))) == 0


async def test_what_nobody_decides_about_is_given_back_and_never_sent(spool) -> None:
    await sent(spool, HELD)
    spool.clock.turn(timedelta(days=7, minutes=1))

    await Housekeeping(spool.pool, spool.store, spool.settings).keep(spool.clock())

    assert [copy.kind for copy in await spool.queue.claim()] == [QueueKind.BOUNCE]


async def test_edges_count_together_and_a_new_one_knows_what_was_counted(spool) -> None:
    now = datetime.now(UTC)
    tallies = [Tally(("out ",), 100) for _ in range(3)]
    edges = [SharedTallies([tally], Tallies(spool.pool)) for tally in tallies]
    for tally, edge in zip(tallies[:2], edges, strict=False):
        tally.add(KEY, 4, now)
        await edge.share()
    await edges[2].begin()

    tallies[0].add(KEY, 1, now)
    await edges[0].share()

    assert [tally.in_hour(KEY, now) for tally in tallies] == [9, 8, 8]


async def test_a_database_that_is_away_loses_no_count(spool) -> None:
    now = datetime.now(UTC)
    tally = Tally(("out ",), 100)
    shared = SharedTallies([tally], Tallies(spool.pool))
    tally.add(KEY, 4, now)
    spool.sql("ALTER TABLE tally RENAME TO elsewhere")
    await shared.share()
    spool.sql("ALTER TABLE elsewhere RENAME TO tally")

    assert tally.in_hour(KEY, now) == 4
    await shared.share()
    assert spool.sql("SELECT amount FROM tally") == [(4,)]


async def test_what_no_limit_looks_back_to_is_forgotten(spool) -> None:
    now = spool.clock()
    hours = [now - timedelta(hours=age) for age in (30, 25, 0)]
    rows = [Counted(tenant=TENANT, subject="all", hour=hour, amount=1) for hour in hours]
    await Tallies(spool.pool).share(rows, now)

    await Housekeeping(spool.pool, spool.store, spool.settings).keep(now)

    assert spool.sql("SELECT count(*) FROM tally") == [(2,)]
