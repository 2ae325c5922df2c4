"""Every copy in hand is carried, settled once and told; nothing that one does stops the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.queued import (
    ContentRef,
    Lease,
    Outcome,
    QueuedCopy,
    QueueKind,
    RecipientOutcome,
    Settlement,
)
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop, TlsDemand
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.journal_file import DeliveryJournal
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, NOON, FixedDirectory, FixedResolver, MemorySpool, a_copy
from lazaretto.testing.next_hop import Behaviour

Deliverer = Callable[..., AbstractAsyncContextManager[Dispatcher]]
DEAD = NextHop(host="127.0.0.1", port=1, preference=1)


@pytest.fixture
def spool() -> MemorySpool:
    return MemorySpool()


@pytest.fixture
def delivering(spool: MemorySpool, tmp_path: Path) -> Deliverer:
    """Run a dispatcher on ``spool`` for the routes of customer.example."""

    @asynccontextmanager
    async def running(*hops: next_hop.NextHop | NextHop, **settings: object) -> AsyncIterator[Dispatcher]:
        routes = tuple(
            hop if isinstance(hop, NextHop) else NextHop(host=hop.host, port=hop.port, preference=10 + n)
            for n, hop in enumerate(hops)
        )
        quick = {"claim_interval": timedelta(seconds=0.02), "probe_delay": timedelta(seconds=0.02)}
        dispatcher = Dispatcher(
            queue=spool,
            contents=spool,
            directory=FixedDirectory({"customer.example": routes}),
            resolver=FixedResolver(),
            journal=tmp_path / "journal",
            hostname="gw.example",
            settings=DeliverySettings(**{**quick, **settings}),  # type: ignore[arg-type]
            clock=lambda: spool.now,
        )
        await dispatcher.start()
        try:
            yield dispatcher
        finally:
            await dispatcher.stop(2)

    return running


async def settled(spool: MemorySpool, count: int) -> list[Settlement]:
    async with asyncio.timeout(60):
        while len(spool.settled) < count:
            await asyncio.sleep(0.005)
    return spool.settled


def outcome_of(settlement: Settlement) -> Outcome:
    (outcome,) = settlement.outcomes
    return outcome.outcome


async def test_what_is_offered_is_delivered_from_memory_and_settled(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    copy = spool.add(a_copy(trace_header=b"Received: ours\r\n"), octets=b"not this", due=None)
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        assert dispatcher.offer(copy, MESSAGE)
        (settlement,) = await settled(spool, 1)

    assert hop.arrivals[0].content == b"Received: ours\r\n" + MESSAGE
    assert outcome_of(settlement) is Outcome.DELIVERED
    assert settlement.outcomes[0].remote.port == hop.port
    assert spool.rows == {}


async def test_what_is_due_is_claimed_and_read_from_the_spool(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.add(a_copy())
    async with next_hop.NextHop() as hop, delivering(hop):
        await settled(spool, 1)

    assert hop.arrivals[0].content == MESSAGE


async def test_a_hundred_copies_go_over_few_connections(spool: MemorySpool, delivering: Deliverer) -> None:
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        for _ in range(100):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await settled(spool, 100)

    assert len(hop.arrivals) == 100
    assert hop.connections <= 20


async def test_a_copy_that_comes_twice_is_delivered_once(spool: MemorySpool, delivering: Deliverer) -> None:
    copy = spool.add(a_copy(), due=None)
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy, MESSAGE)
        dispatcher.offer(copy, MESSAGE)
        await settled(spool, 1)
        dispatcher.offer(copy, MESSAGE)
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await settled(spool, 2)

    assert len(hop.arrivals) == 2
    assert spool.refused == []


async def test_a_new_lease_for_a_copy_in_hand_is_adopted(spool: MemorySpool, delivering: Deliverer) -> None:
    copy = a_copy()
    async with next_hop.NextHop(Behaviour(delay=0.1)) as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy, MESSAGE)
        renewed = replace(copy, lease=replace(copy.lease, attempt=2))
        dispatcher.offer(spool.add(renewed, due=None), None)
        (settlement,) = await settled(spool, 1)

    assert settlement.lease.attempt == 2
    assert len(hop.arrivals) == 1


async def test_a_deferred_copy_comes_back_when_its_time_comes(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.add(a_copy())
    behaviour = Behaviour(answers={"RCPT": b"450 4.2.1 Later\r\n"})
    async with next_hop.NextHop(behaviour) as hop, delivering(hop, idle_connection=timedelta(0)):
        (first,) = await settled(spool, 1)
        hop.behaviour = next_hop.GOOD
        assert first.next_at is not None
        spool.now = first.next_at
        _, second = await settled(spool, 2)

    assert outcome_of(first) is Outcome.DEFERRED
    assert timedelta(minutes=4) <= first.next_at - NOON <= timedelta(minutes=5)
    assert outcome_of(second) is Outcome.DELIVERED


async def test_seven_days_of_refusals_end_in_one_notification(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.add(a_copy())
    async with next_hop.NextHop(Behaviour(answers={"MAIL": b"450 4.2.1 Later\r\n"})) as hop, delivering(hop):
        count = 0
        while spool.rows:
            count += 1
            await settled(spool, count)
            if spool.next_at:
                spool.now = max(spool.now, *spool.next_at.values())

    assert spool.now == NOON + timedelta(days=7)
    assert 40 < count < 80
    assert outcome_of(spool.settled[-1]) is Outcome.FAILED
    assert [len(settlement.composed) for settlement in spool.settled] == [0] * (count - 1) + [1]


async def test_a_host_that_cannot_be_reached_gives_way_to_the_next(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    async with next_hop.NextHop() as good, delivering(DEAD, good) as dispatcher:
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DELIVERED


async def test_a_dead_host_is_passed_over_at_the_next_attempt(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.add(a_copy())
    hung_up = Behaviour(hang_up=frozenset({"GREETING"}))
    async with (
        next_hop.NextHop(hung_up) as first,
        next_hop.NextHop(Behaviour(answers={"RCPT": b"450 4.2.1 Later\r\n"})) as second,
        delivering(first, second, idle_connection=timedelta(0)),
    ):
        (deferred,) = await settled(spool, 1)
        second.behaviour = next_hop.GOOD
        assert deferred.next_at is not None
        spool.now = deferred.next_at
        _, delivered = await settled(spool, 2)

    assert outcome_of(delivered) is Outcome.DELIVERED
    assert first.connections == 1
    assert [each.outcomes[0].remote.port for each in (deferred, delivered)] == [second.port] * 2


async def test_a_fallback_takes_over_when_no_server_of_the_route_answers(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.add(a_copy())
    async with next_hop.NextHop() as spare:
        fallback = NextHop(host=spare.host, port=spare.port, preference=0, is_fallback=True)
        async with delivering(DEAD, fallback):
            (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DELIVERED
    assert settlement.outcomes[0].remote.port == spare.port


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_host_that_breaks_off_before_the_dot_gives_way_to_the_next(
    spool: MemorySpool, delivering: Deliverer, verb: str
) -> None:
    bad = Behaviour(hang_up=frozenset({verb}))
    async with (
        next_hop.NextHop(bad) as first,
        next_hop.NextHop() as second,
        delivering(first, second) as dispatcher,
    ):
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DELIVERED
    assert len(second.arrivals) == 1


async def test_a_host_that_breaks_off_after_the_dot_does_not(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    bad = Behaviour(hang_up=frozenset({"DOT"}))
    async with (
        next_hop.NextHop(bad) as first,
        next_hop.NextHop() as second,
        delivering(first, second) as dispatcher,
    ):
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DEFERRED
    assert second.arrivals == []


async def test_a_dead_destination_costs_a_few_probes_and_not_one_per_copy(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    async with (
        next_hop.NextHop(Behaviour(hang_up=frozenset({"GREETING"}))) as hop,
        delivering(hop) as dispatcher,
    ):
        for _ in range(200):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        settlements = await settled(spool, 200)

    assert {outcome_of(settlement) for settlement in settlements} == {Outcome.DEFERRED}
    assert hop.connections <= 10


async def test_a_dead_destination_does_not_hold_up_another(spool: MemorySpool, delivering: Deliverer) -> None:
    async with next_hop.NextHop() as hop, delivering(hop, relay="127.0.0.1:1") as dispatcher:
        for _ in range(20):
            dispatcher.offer(
                spool.add(a_copy("x@dead.example", destination="dead.example"), due=None), MESSAGE
            )
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await hop.arrived(1)


async def test_a_copy_whose_content_is_damaged_is_deferred_alone_and_told(
    spool: MemorySpool, delivering: Deliverer, caplog: pytest.LogCaptureFixture
) -> None:
    unreadable = spool.add(a_copy(), due=None)
    del spool.contents[unreadable.lease.message]
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(unreadable, None)
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        settlements = await settled(spool, 2)

    assert sorted(outcome_of(s).value for s in settlements) == ["deferred", "delivered"]
    replies = [settlement.outcomes[0].reply.text for settlement in settlements]
    assert "the stored content is damaged" in replies
    alerts = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage() for record in alerts] == ["stored content is damaged"]


async def test_a_copy_whose_content_cannot_be_read_for_a_moment_loses_no_more_than_that(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    """A database that is away is nobody's failed attempt: the copy waits moments, not a retry delay."""
    read = spool.open
    failures = iter([TemporaryFailure("database: connection refused")])

    async def away_at_first(ref: ContentRef) -> bytes:
        if failure := next(failures, None):
            raise failure
        return await read(ref)

    spool.open = away_at_first  # type: ignore[method-assign]
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(spool.add(a_copy(), due=None), None)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DELIVERED


async def test_content_that_stays_unread_is_told_of_as_what_it_is(
    spool: MemorySpool, delivering: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lazaretto.delivery.dispatcher._FIRST_PAUSE_FOR_CONTENT", 0.001)

    async def away(ref: ContentRef) -> bytes:
        raise TemporaryFailure("object store: no answer")

    spool.open = away  # type: ignore[method-assign,assignment]
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(spool.add(a_copy(), due=None), None)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.DEFERRED
    assert settlement.outcomes[0].reply.text == "the stored content cannot be read now"
    assert hop.connections == 0


async def test_where_tls_is_demanded_and_not_offered_nothing_is_sent(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    copy = spool.add(a_copy(), due=None)
    async with next_hop.NextHop() as hop:
        demanding = NextHop(host=hop.host, port=hop.port, tls=TlsDemand.REQUIRED)
        async with delivering(demanding) as dispatcher:
            dispatcher.offer(copy, MESSAGE)
            await settled(spool, 1)
            spool.now = NOON + timedelta(days=2)
            _, last = await settled(spool, 2)

    assert last.outcomes[0].reply.enhanced == "5.7.10"
    assert set(hop.verbs()) == {"EHLO"}


async def test_outcomes_survive_a_database_that_is_away(spool: MemorySpool, delivering: Deliverer) -> None:
    spool.breaks = 3
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        for _ in range(10):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await settled(spool, 10)

    assert len(hop.arrivals) == 10


async def test_what_an_earlier_life_delivered_is_settled_and_not_repeated(
    spool: MemorySpool, delivering: Deliverer, tmp_path: Path
) -> None:
    copy = spool.add(a_copy(), due=None)
    outcome = RecipientOutcome(number=0, outcome=Outcome.DELIVERED, reply=Reply(250, "2.0.0", "Ok"))
    DeliveryJournal(tmp_path / "journal").write(
        Settlement(lease=copy.lease, at=NOON, outcomes=(outcome,), next_at=None)
    )
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        assert outcome_of(spool.settled[0]) is Outcome.DELIVERED
        dispatcher.offer(copy, MESSAGE)

    assert hop.arrivals == []
    assert spool.rows == {}


async def test_what_an_earlier_life_delivered_is_not_repeated_under_a_new_lease(
    spool: MemorySpool, delivering: Deliverer, tmp_path: Path
) -> None:
    delivered = a_copy(attempt=1)
    leased_anew = spool.add(replace(delivered, lease=replace(delivered.lease, attempt=2)), due=None)
    outcome = RecipientOutcome(number=0, outcome=Outcome.DELIVERED, reply=Reply(250, "2.0.0", "Ok"))
    DeliveryJournal(tmp_path / "journal").write(
        Settlement(lease=delivered.lease, at=NOON, outcomes=(outcome,), next_at=None)
    )
    spool.own = [leased_anew]
    async with next_hop.NextHop() as hop, delivering(hop):
        (settlement,) = await settled(spool, 1)

    assert hop.arrivals == []
    assert settlement.lease == leased_anew.lease
    assert settlement.outcomes == (outcome,)


async def test_what_was_delivered_is_not_repeated_when_its_lease_ends_before_the_database_is_back(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    copy = spool.add(a_copy(), due=None)
    spool.breaks = 1_000_000
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy, MESSAGE)
        await hop.arrived(1)
        spool.next_at[copy.lease.message, copy.lease.row] = NOON
        async with asyncio.timeout(60):
            while spool.rows[copy.lease.message, copy.lease.row].lease == copy.lease:
                await asyncio.sleep(0.005)
        spool.breaks = 0
        await settled(spool, 1)
        await dispatcher.idle()

    assert len(hop.arrivals) == 1
    assert spool.rows == {}


async def test_recipients_that_an_earlier_attempt_left_out_are_delivered_under_a_new_lease(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    copy = spool.add(a_copy("yes@customer.example", "later@customer.example"), due=None)
    answers = {"later@customer.example": b"450 4.2.1 Later\r\n"}
    behaviour = Behaviour(recipient=lambda address: answers.get(address, b""))
    key = copy.lease.message, copy.lease.row
    async with next_hop.NextHop(behaviour) as hop, delivering(hop) as dispatcher:
        # Its lease went meanwhile, and comes back: the outcome is written under the new one.
        spool.rows[key] = replace(copy, lease=replace(copy.lease, attempt=2))
        dispatcher.offer(copy, MESSAGE)
        async with asyncio.timeout(60):
            while not spool.refused:
                await asyncio.sleep(0.005)
        spool.next_at[key] = NOON
        await settled(spool, 1)
        answers.clear()
        spool.now = NOON + timedelta(hours=1)
        await settled(spool, 2)

    assert [arrival.recipients for arrival in hop.arrivals] == [
        ("yes@customer.example",),
        ("later@customer.example",),
    ]


async def test_what_was_claimed_without_our_hearing_of_it_is_found(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    copy = spool.add(a_copy())
    claim = spool.claim

    async def answer_lost(kinds: Sequence[QueueKind], limit: int) -> list[QueuedCopy]:
        spool.own = await claim(kinds, limit)
        spool.claim = claim  # type: ignore[method-assign]
        raise ConnectionError("database away")

    spool.claim = answer_lost  # type: ignore[method-assign]
    async with next_hop.NextHop() as hop, delivering(hop):
        (settlement,) = await settled(spool, 1)

    assert len(hop.arrivals) == 1
    assert settlement.lease.message == copy.lease.message


async def test_what_an_earlier_life_held_is_delivered_first(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    spool.own = [spool.add(a_copy(attempt=2), due=None)]
    async with next_hop.NextHop() as hop, delivering(hop):
        await settled(spool, 1)

    assert len(hop.arrivals) == 1


async def test_leases_of_copies_in_hand_are_renewed(spool: MemorySpool, delivering: Deliverer) -> None:
    copy = spool.add(a_copy(), due=None)
    slow = Behaviour(delay=0.15)
    async with (
        next_hop.NextHop(slow) as hop,
        delivering(hop, lease_time=timedelta(seconds=0.2)) as dispatcher,
    ):
        dispatcher.offer(copy, MESSAGE)
        await settled(spool, 1)

    assert copy.lease in spool.renewed


async def test_stopping_finishes_what_is_under_way(spool: MemorySpool, delivering: Deliverer) -> None:
    slow = Behaviour(delay=0.05)
    async with next_hop.NextHop(slow) as hop, delivering(hop, initial_per_destination=1) as dispatcher:
        for _ in range(50):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await hop.arrived(2)

    assert len(hop.arrivals) == len(spool.settled) < 50


async def test_a_late_message_is_told_to_its_sender_and_goes_on_waiting(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    late = a_copy(kind=QueueKind.DELAY_NOTICE)
    spool.add(late)
    async with next_hop.NextHop() as hop, delivering(hop):
        (settlement,) = await settled(spool, 1)

    (notice,) = settlement.composed
    assert b"Action: delayed" in notice.octets
    assert settlement.outcomes == ()
    assert hop.arrivals == []


async def test_what_was_given_up_bounces_without_a_try(spool: MemorySpool, delivering: Deliverer) -> None:
    spool.add(a_copy(kind=QueueKind.BOUNCE))
    async with next_hop.NextHop() as hop, delivering(hop):
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.FAILED
    assert settlement.outcomes[0].reply.enhanced == "5.4.7"
    (notice,) = settlement.composed
    assert b"Action: failed" in notice.octets
    assert hop.connections == 0


@pytest.mark.parametrize(
    "kind",
    [pytest.param(QueueKind.BOUNCE, id="a bounce"), pytest.param(QueueKind.DELAY_NOTICE, id="a notice")],
)
async def test_a_dead_destination_does_not_hold_up_what_needs_no_host(
    spool: MemorySpool, delivering: Deliverer, kind: QueueKind
) -> None:
    spool.add(a_copy())
    async with (
        next_hop.NextHop(Behaviour(answers={"GREETING": b"421 4.3.2 Go away\r\n"})) as hop,
        delivering(hop, probes_before_dead=1, dead_time=timedelta(hours=1)),
    ):
        await settled(spool, 1)
        spool.add(a_copy(kind=kind))
        _, second = await settled(spool, 2)

    assert len(second.composed) == 1
    assert second.next_at is None


async def test_a_copy_whose_lease_went_to_another_node_is_not_begun(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    behaviour = Behaviour(delay=0.1)
    async with (
        next_hop.NextHop(behaviour) as hop,
        delivering(hop, lease_time=timedelta(seconds=0.2), initial_per_destination=1) as dispatcher,
    ):
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        elsewhere = a_copy("lost@customer.example")
        dispatcher.offer(elsewhere, MESSAGE)
        await settled(spool, 1)
        await dispatcher.idle()

    assert [arrival.recipients for arrival in hop.arrivals] == [("b@customer.example",)]


async def test_an_outcome_that_the_database_does_not_take_stops_no_other(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    poison = spool.add(a_copy("poison@customer.example"), due=None)
    settle = spool.settle

    async def takes_all_but_one(settlements: Sequence[Settlement]) -> list[Lease]:
        if any(settlement.lease == poison.lease for settlement in settlements):
            raise ValueError("cannot be stored")
        return await settle(settlements)

    spool.settle = takes_all_but_one  # type: ignore[method-assign]
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(poison, MESSAGE)
        for _ in range(20):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await settled(spool, 20)

    assert len(hop.arrivals) == 21


async def test_more_destinations_than_places_are_all_served(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    async with (
        next_hop.NextHop() as hop,
        delivering(hop, max_conversations=3, relay=f"127.0.0.1:{hop.port}") as dispatcher,
    ):
        for _ in range(30):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
            dispatcher.offer(
                spool.add(a_copy("x@other.example", destination="other.example"), due=None), MESSAGE
            )
        await settled(spool, 60)

    assert len(hop.arrivals) == 60


async def test_a_destination_that_does_well_gets_more_connections(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    slow = Behaviour(delay=0.005)
    async with next_hop.NextHop(slow) as hop, delivering(hop, initial_per_destination=1) as dispatcher:
        for _ in range(100):
            dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        await settled(spool, 100)

    assert 1 < hop.connections <= 20


async def test_what_an_edge_committed_and_did_not_offer_is_found(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(spool.add(a_copy(), due=None), MESSAGE)
        spool.own = [spool.add(a_copy(attempt=2), due=None)]
        dispatcher.look_again()
        await settled(spool, 2)

    assert len(hop.arrivals) == 2


async def test_what_an_edge_committed_is_found_while_others_are_in_hand_and_those_keep_their_leases(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    """A next hop that never answers must not keep what nobody told us of from being looked for."""
    async with (
        next_hop.NextHop() as hop,
        next_hop.NextHop(Behaviour(stall=frozenset({"GREETING"}))) as deaf,
        delivering(hop, relay=f"127.0.0.1:{deaf.port}") as dispatcher,
    ):
        stuck = spool.add(a_copy("x@other.example", destination="other.example"), due=None)
        dispatcher.offer(stuck, MESSAGE)
        untold = spool.add(a_copy(attempt=2), due=None)
        spool.own = [untold, replace(stuck, lease=replace(stuck.lease, attempt=2))]
        dispatcher.look_again()
        (settlement,) = await settled(spool, 1)

        assert settlement.lease == untold.lease
        assert dispatcher.in_hand == (stuck.lease,)


async def test_an_offer_that_crosses_with_a_newer_lease_is_not_delivered_twice(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        offered = a_copy()
        spool.own = [spool.add(replace(offered, lease=replace(offered.lease, attempt=2)), due=None)]
        claim_own = spool.claim_own

        async def crossed(
            kinds: Sequence[QueueKind], limit: int, besides: Sequence[Lease]
        ) -> list[QueuedCopy]:
            dispatcher.offer(offered, MESSAGE)
            await asyncio.sleep(0.1)
            return await claim_own(kinds, limit, besides)

        spool.claim_own = crossed  # type: ignore[method-assign]
        dispatcher.look_again()
        await settled(spool, 1)
        await dispatcher.idle()

    assert len(hop.arrivals) == 1
    assert spool.refused == []


@pytest.mark.parametrize(
    ("places", "count", "parts"),
    [
        pytest.param(
            100, 300, range(10, 101), id="not one look at the queue for each place that becomes free"
        ),
        pytest.param(20_000, 2_100, range(2_000, 2_001), id="the first goes before the last is read"),
    ],
)
async def test_a_long_queue_is_taken_back_in_parts(
    spool: MemorySpool, delivering: Deliverer, places: int, count: int, parts: range
) -> None:
    spool.own = [spool.add(a_copy(attempt=2), due=None) for _ in range(count)]
    claim_own, asked_for = spool.claim_own, []

    async def noted(kinds: Sequence[QueueKind], limit: int, besides: Sequence[Lease]) -> list[QueuedCopy]:
        asked_for.append(limit)
        return await claim_own(kinds, limit, besides)

    spool.claim_own = noted  # type: ignore[method-assign]
    async with next_hop.NextHop() as hop, delivering(hop, max_held_copies=places):
        await settled(spool, count)

    assert len(hop.arrivals) == count
    assert set(asked_for) <= set(parts)
    assert len(asked_for) > 1


async def test_a_domain_without_any_usable_host_fails_at_once(
    spool: MemorySpool, delivering: Deliverer
) -> None:
    nowhere = spool.add(a_copy("x@nowhere.example", destination="nowhere.example"), due=None)
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(nowhere, MESSAGE)
        (settlement,) = await settled(spool, 1)

    assert outcome_of(settlement) is Outcome.FAILED
    assert settlement.outcomes[0].reply.enhanced == "5.1.2"
    assert len(settlement.composed) == 1


async def test_a_domain_whose_mail_hosts_have_no_address_fails_at_once(tmp_path: Path) -> None:
    spool = MemorySpool()
    spool.add(a_copy("x@bare.example", destination="bare.example"))
    dispatcher = Dispatcher(
        queue=spool,
        contents=spool,
        directory=FixedDirectory({}),
        resolver=FixedResolver({"bare.example": {"MX": ["10 mx.bare.example", "20 mx2.bare.example"]}}),
        journal=tmp_path / "journal",
        hostname="gw.example",
        clock=lambda: spool.now,
    )
    await dispatcher.start()
    (settlement,) = await settled(spool, 1)
    await dispatcher.stop(1)

    assert outcome_of(settlement) is Outcome.FAILED
    assert settlement.outcomes[0].reply.enhanced == "5.4.4"
