"""Delivery on the real spool: what is committed goes out once, whatever the deliver process goes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from lazaretto.core.decision import Disposition, Splice
from lazaretto.core.queued import Lease, QueuedCopy, QueueKind, Settlement
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.seams import Queue
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.spool.silences import SharedSilences
from lazaretto.testing import next_hop
from lazaretto.testing.copies import FixedDirectory, FixedResolver
from lazaretto.testing.messages import a_copy, a_judgement, a_submission
from lazaretto.testing.next_hop import Behaviour

pytestmark = pytest.mark.integration

Deliverer = Callable[..., AbstractAsyncContextManager[Dispatcher]]


@pytest.fixture
def delivering(spool) -> Deliverer:
    """Run a dispatcher on the spool; customer.example is at the given host, everything else at the relay."""

    @asynccontextmanager
    async def running(
        hop: next_hop.NextHop, queue: Queue | None = None, **more: timedelta
    ) -> AsyncIterator[Dispatcher]:
        dispatcher = Dispatcher(
            queue=queue or spool.queue,
            contents=spool.store,
            directory=FixedDirectory({"customer.example": (NextHop(host=hop.host, port=hop.port),)}),
            resolver=FixedResolver(),
            journal=spool.home / "delivery",
            hostname="gw.example",
            settings=DeliverySettings(
                claim_interval=timedelta(seconds=0.05),
                relay=f"{hop.host}:{hop.port}",
                idle_connection=timedelta(0),
                **{"silence_interval": timedelta(seconds=0.05), **more},
            ),
            clock=spool.clock,
            silences=SharedSilences(spool.pool),
        )
        await dispatcher.start()
        try:
            yield dispatcher
        finally:
            await dispatcher.stop(5)

    return running


async def accepted(spool, *addresses: str, splices: tuple[Splice, ...] = (), **more) -> QueuedCopy:
    submission = a_submission(*addresses)
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER, splices=splices), **more)
    (copy,) = await spool.acceptor.commit(submission, judgement)
    return copy


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0.02)


async def test_an_offered_copy_is_delivered_and_its_rows_go(spool, delivering: Deliverer) -> None:
    copy = await accepted(spool, splices=(Splice(0, 0, b"X-Seen: yes\r\n"),))
    async with next_hop.NextHop() as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy)
        await until(lambda: spool.places(copy.lease.message) == ["delivered"])

    assert spool.events(copy.lease.message)[-1] == "delivered"
    assert hop.arrivals[0].content.startswith(copy.trace_header + b"X-Seen: yes\r\n")
    assert spool.sql("SELECT count(*) FROM queue") == [(0,)]


async def test_recipients_go_their_own_ways(spool, delivering: Deliverer) -> None:
    copy = await accepted(
        spool,
        "no@customer.example",
        "yes@customer.example",
        "later@customer.example",
        return_path_trusted=True,
    )
    answers = {"no@customer.example": b"550 5.1.1 No\r\n", "later@customer.example": b"450 4.2.1 Later\r\n"}
    behaviour = Behaviour(recipient=lambda address: answers.get(address, b""))
    message = copy.lease.message
    async with next_hop.NextHop(behaviour) as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy)
        await hop.arrived(2)
        del answers["later@customer.example"]
        spool.clock.turn(timedelta(minutes=6))
        await until(lambda: sorted(spool.places(message)) == ["bounced", "delivered", "delivered"])
        notice = next(arrival for arrival in hop.arrivals if arrival.mail.startswith(b"FROM:<>"))

    assert b"Final-Recipient: rfc822; no@customer.example" in notice.content
    assert [set(arrival.recipients) for arrival in hop.arrivals if arrival is not notice] == [
        {"yes@customer.example"},
        {"later@customer.example"},
    ]


async def test_a_failure_without_a_trusted_return_path_comes_to_rest(spool, delivering: Deliverer) -> None:
    copy = await accepted(spool, return_path_trusted=False)
    refuses = Behaviour(answers={"RCPT": b"550 5.1.1 No\r\n"})
    async with next_hop.NextHop(refuses) as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy)
        await until(lambda: spool.places(copy.lease.message) == ["quarantined"])

    assert hop.arrivals == []


async def test_a_late_message_is_told_to_its_sender_once(spool, delivering: Deliverer) -> None:
    copy = await accepted(spool, return_path_trusted=True)
    busy = Behaviour(recipient=lambda address: b"450 4.2.1 Later\r\n" if "customer" in address else b"")
    async with next_hop.NextHop(busy) as hop, delivering(hop) as dispatcher:
        dispatcher.offer(copy)
        await until(lambda: "deferred" in spool.events(copy.lease.message))
        spool.clock.turn(timedelta(hours=4, minutes=1))
        (notice,) = await hop.arrived(1)
        await until(lambda: "notified" in spool.events(copy.lease.message))

    assert b"Action: delayed" in notice.content
    assert spool.places(copy.lease.message) == ["ready"]
    kinds = {kind for (kind,) in spool.sql("SELECT kind FROM queue WHERE message = %s", copy.lease.message)}
    assert kinds == {QueueKind.DELIVER.value}


class Unreachable:
    """The queue of a node whose database went away after the copy was delivered."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def claim(self, kinds: Sequence[QueueKind], limit: int) -> Sequence[QueuedCopy]:
        return ()

    async def claim_own(
        self, kinds: Sequence[QueueKind], limit: int, besides: Sequence[Lease]
    ) -> Sequence[QueuedCopy]:
        return ()

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[Lease]:
        await asyncio.Event().wait()
        raise AssertionError

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        return ()


async def test_a_crash_between_delivery_and_commit_repeats_nothing(spool, delivering: Deliverer) -> None:
    copy = await accepted(spool)
    message = copy.lease.message
    journal = spool.home / "delivery"
    async with next_hop.NextHop() as hop:
        first = asyncio.create_task(_deliver_and_hang(delivering, hop, Unreachable(spool.queue), copy))
        await hop.arrived(1)
        await until(lambda: sum(path.stat().st_size for path in journal.iterdir()) > 0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        before = spool.places(message)

        async with delivering(hop):
            await until(lambda: spool.places(message) == ["delivered"])

    assert before != ["delivered"]
    assert len(hop.arrivals) == 1
    assert spool.events(message).count("delivered") == 1


async def _deliver_and_hang(
    delivering: Deliverer, hop: next_hop.NextHop, queue: Queue, copy: QueuedCopy
) -> None:
    async with delivering(hop, queue) as dispatcher:
        dispatcher.offer(copy)
        await asyncio.Event().wait()


async def test_a_destination_that_one_process_found_dead_is_left_alone_by_its_successor(
    spool, delivering: Deliverer
) -> None:
    quick = {"probe_delay": timedelta(seconds=0.01), "dead_time": timedelta(hours=1)}
    # What the first learns it tells when it stops: long before the next round of telling.
    quick["silence_interval"] = timedelta(hours=1)
    async with next_hop.NextHop(Behaviour(hang_up=frozenset({"GREETING"}))) as hop:
        async with delivering(hop, **quick) as dispatcher:
            for _ in range(5):
                dispatcher.offer(await accepted(spool))
            await until(lambda: spool.sql("SELECT count(*) FROM queue WHERE failures > 0") == [(5,)])
        probes = hop.connections
        async with delivering(hop, **quick) as successor:
            late = await accepted(spool)
            successor.offer(late)
            await until(lambda: "deferred" in spool.events(late.lease.message))

        assert hop.connections == probes
        assert spool.sql("SELECT count(*) FROM silence WHERE name NOT LIKE 'host %%'") == [(1,)]


async def test_a_destination_that_answers_again_ends_its_silence_for_all(
    spool, delivering: Deliverer
) -> None:
    quick = {"probe_delay": timedelta(seconds=0.01), "dead_time": timedelta(seconds=0.2)}
    async with (
        next_hop.NextHop(Behaviour(hang_up=frozenset({"GREETING"}))) as hop,
        delivering(hop, **quick) as dispatcher,
    ):
        for _ in range(5):
            dispatcher.offer(await accepted(spool))
        await until(lambda: spool.sql("SELECT count(*) FROM silence") != [(0,)])

        hop.behaviour = Behaviour()
        async with asyncio.timeout(120):
            while len(hop.arrivals) < 5:
                # What is due while it is still left alone is put off once more.
                await until(lambda: not dispatcher.in_hand)
                spool.clock.turn(timedelta(hours=1))
                await asyncio.sleep(0.3)

        await until(lambda: spool.sql("SELECT count(*) FROM silence") == [(0,)])
