"""Seven days of trying, on the real spool and a clock that is turned by hand.

The clock goes from one due time to the next, so a week takes some seconds; what is asserted is told by
the events, whose times are those of the clock.
"""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.message import Message
from itertools import pairwise

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.identity import MessageId
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.testing import next_hop
from lazaretto.testing.copies import FixedDirectory, FixedResolver
from lazaretto.testing.messages import a_copy, a_judgement, a_submission
from lazaretto.testing.next_hop import Behaviour

pytestmark = pytest.mark.integration

BUSY = Behaviour(answers={"RCPT": b"450 4.2.1 mailbox busy\r\n"})
MINUTE = timedelta(minutes=1)
TERM = timedelta(days=7)


@asynccontextmanager
async def delivering(spool, customer: next_hop.NextHop, senders: next_hop.NextHop) -> AsyncIterator[None]:
    """Run a dispatcher: customer.example is at ``customer``, everybody else, so all senders, at the relay."""
    dispatcher = Dispatcher(
        queue=spool.queue,
        contents=spool.store,
        directory=FixedDirectory({"customer.example": (NextHop(host=customer.host, port=customer.port),)}),
        resolver=FixedResolver(),
        journal=spool.home / "delivery",
        hostname="gw.example",
        settings=DeliverySettings(
            claim_interval=timedelta(seconds=0.01),
            relay=f"{senders.host}:{senders.port}",
            idle_connection=timedelta(0),
        ),
        clock=spool.clock,
    )
    await dispatcher.start()
    try:
        yield
    finally:
        await dispatcher.stop(5)


async def accepted(spool, *, trusted: bool) -> MessageId:
    """Accept a message; what is offered is left to the claims."""
    submission = a_submission(at=spool.clock())
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER), return_path_trusted=trusted)
    await spool.acceptor.commit(submission, judgement)
    free = "UPDATE queue SET owner = NULL, next_at = %s WHERE message = %s"
    spool.sql(free, spool.clock(), submission.id)
    return submission.id


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(100):
        while not holds():
            await asyncio.sleep(0.03)


async def let_time_pass(spool, message: MessageId, end: datetime | None = None) -> None:
    """Turn the clock from one due time to the next until the message has ended, or until ``end``."""
    waiting = "SELECT min(next_at) FROM queue WHERE owner IS NULL"
    held = "SELECT count(*) FROM queue WHERE owner IS NOT NULL OR next_at <= %s"
    while True:
        await until(lambda: spool.sql(held, spool.clock()) == [(0,)])
        ((due,),) = spool.sql(waiting)
        if due is None or (end is not None and due > end):
            return
        spool.clock.now = max(spool.clock.now, due)


def attempts(spool, message: MessageId) -> list[datetime]:
    """Return when the message was tried."""
    rows = spool.sql(
        "SELECT (payload->>'at')::timestamptz FROM outbox WHERE payload->>'message' = %s"
        " AND payload->>'kind' IN ('deferred', 'bounced', 'delivered') ORDER BY seq",
        str(message),
    )
    return [at for (at,) in rows]


def actions(senders: next_hop.NextHop) -> list[str]:
    """Return the actions of the notifications that the sender got, in order."""
    told: list[str] = []
    for arrival in senders.arrivals:
        report = email.message_from_bytes(arrival.content)
        status = report.get_payload(1)
        assert isinstance(status, Message)
        fields = status.get_payload(1)
        assert isinstance(fields, Message)
        told.append(fields["Action"])
    return told


async def test_seven_days_are_tried_with_growing_delays_one_notice_of_delay_and_one_end(spool) -> None:
    began = spool.clock()
    async with (
        next_hop.NextHop(BUSY) as customer,
        next_hop.NextHop() as senders,
        delivering(spool, customer, senders),
    ):
        message = await accepted(spool, trusted=True)
        await let_time_pass(spool, message, began + timedelta(hours=3, minutes=59))
        assert actions(senders) == []
        await let_time_pass(spool, message, began + timedelta(hours=4))
        await senders.arrived(1, seconds=100)
        assert actions(senders) == ["delayed"]
        await let_time_pass(spool, message)
        await senders.arrived(2, seconds=100)

    tried = attempts(spool, message)
    delays = [later - earlier for earlier, later in pairwise(tried)]
    assert 4 * MINUTE <= delays[0] <= 5 * MINUTE
    assert max(delays) <= timedelta(hours=4)
    # Each is half as long again as the one before, less a fifth at most.
    assert all(later >= 1.19 * earlier for earlier, later in pairwise(delays[:9]))
    assert tried[-1] - began == TERM
    assert actions(senders) == ["delayed", "failed"]
    assert {arrival.mail.split(b" ")[0] for arrival in senders.arrivals} == {b"FROM:<>"}
    assert spool.places(message) == ["bounced"]


async def test_a_stranger_who_may_be_forged_is_never_told(spool) -> None:
    async with (
        next_hop.NextHop(BUSY) as customer,
        next_hop.NextHop() as senders,
        delivering(spool, customer, senders),
    ):
        message = await accepted(spool, trusted=False)
        await let_time_pass(spool, message)

    assert senders.arrivals == []
    assert spool.places(message) == ["quarantined"]
    assert spool.sql("SELECT reason FROM quarantine") == [("undeliverable",)]


async def test_a_clock_that_jumps_ahead_by_a_month_gives_one_last_try(spool) -> None:
    async with (
        next_hop.NextHop(BUSY) as customer,
        next_hop.NextHop() as senders,
        delivering(spool, customer, senders),
    ):
        message = await accepted(spool, trusted=True)
        await until(lambda: len(attempts(spool, message)) == 1)
        customer.behaviour = next_hop.GOOD
        spool.clock.turn(timedelta(days=30))
        await customer.arrived(1, seconds=100)
        await until(lambda: spool.places(message) == ["delivered"])

    # The notice of delay was due as well, and truly so; nothing may say that the message failed.
    assert actions(senders) in ([], ["delayed"])


async def test_a_clock_that_jumps_back_loses_nothing(spool) -> None:
    async with (
        next_hop.NextHop(BUSY) as customer,
        next_hop.NextHop() as senders,
        delivering(spool, customer, senders),
    ):
        message = await accepted(spool, trusted=True)
        await until(lambda: len(attempts(spool, message)) == 1)
        spool.clock.turn(timedelta(days=-1))
        second = await accepted(spool, trusted=True)
        await until(lambda: len(attempts(spool, second)) == 1)
        customer.behaviour = next_hop.GOOD
        spool.clock.turn(timedelta(days=1, minutes=10))
        await customer.arrived(2, seconds=100)
        await until(lambda: spool.places(message) == spool.places(second) == ["delivered"])

    # The second one was accepted a day before it was delivered, as far as the clock knows.
    assert set(actions(senders)) <= {"delayed"}
