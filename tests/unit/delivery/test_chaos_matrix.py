"""Whatever a next hop or the DNS does, at whatever verb: a message is kept, goes to the next host where
that is right, and arrives twice only where its answer was cut off after the dot.

Each row is a misbehaviour, each column a verb.  The first conversation misbehaves and the ones after it
are good, so every message arrives in the end, and how often is counted.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.core.queued import Outcome, Settlement
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.testing import next_hop
from lazaretto.testing.copies import FixedDirectory, FixedResolver, MemorySpool, a_copy
from lazaretto.testing.next_hop import GOOD, Behaviour

VERBS = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "DOT")
BREAKS = ("tarpit", "hang up", "reset", "garbage", "421")
"""What ends a conversation without an answer about the message."""
IMPATIENT = {"greeting_timeout": 1.0, "command_timeout": 1.0, "data_timeout": 1.0, "dot_timeout": 1.0}
"""For next hops that never answer; all others have the usual time, however busy the machine is."""
QUICK = {
    "claim_interval": timedelta(seconds=0.01),
    "probe_delay": timedelta(seconds=0.01),
    "dead_time": timedelta(seconds=0.02),
    "idle_connection": timedelta(0),
}
GARBAGE = b"\x00\xff what is this\r\n"


def behaviour(what: str, verb: str) -> Behaviour:
    """Return a next hop that does ``what`` when it hears ``verb``."""
    where = frozenset({verb})
    match what:
        case "tarpit":
            return Behaviour(stall=where)
        case "hang up":
            return Behaviour(hang_up=where)
        case "reset":
            return Behaviour(reset=where)
        case "garbage":
            return Behaviour(answers={verb: GARBAGE})
        case code:
            return Behaviour(answers={verb: f"{code} {code[0]}.3.0 no\r\n".encode()})


def patience(what: str) -> dict[str, float]:
    """Return how long answers are waited for where a next hop does ``what``."""
    return IMPATIENT if what == "tarpit" else {}


class Delivery:
    """A dispatcher at work on a spool in memory, and what it settled."""

    def __init__(self, spool: MemorySpool) -> None:
        self.spool = spool

    async def first(self) -> Settlement:
        """Return what came of the first attempt."""
        await self._until(lambda: bool(self.spool.settled))
        return self.spool.settled[0]

    async def end(self) -> list[Outcome]:
        """Turn the clock from try to try until nothing waits; return the outcomes of all recipients."""
        while self.spool.rows:
            if self.spool.next_at:
                self.spool.now = max(self.spool.now, *self.spool.next_at.values())
            count = len(self.spool.settled)
            await self._until(lambda: len(self.spool.settled) > count or not self.spool.rows)  # noqa: B023
        return [outcome.outcome for each in self.spool.settled for outcome in each.outcomes]

    @staticmethod
    async def _until(holds: object) -> None:
        async with asyncio.timeout(100):
            while not holds():  # type: ignore[operator]
                await asyncio.sleep(0.002)


@asynccontextmanager
async def delivering(
    tmp_path: Path,
    *hops: next_hop.NextHop,
    recipients: Sequence[str] = (),
    resolver: FixedResolver | None = None,
    **settings: object,
) -> AsyncIterator[Delivery]:
    """Deliver one message to ``hops``, best first; without any, to where the DNS says."""
    spool = MemorySpool()
    routes = tuple(NextHop(host=hop.host, port=hop.port, preference=n) for n, hop in enumerate(hops))
    destination = "customer.example" if hops else "other.example"
    spool.add(a_copy(*recipients, destination=destination))
    dispatcher = Dispatcher(
        queue=spool,
        contents=spool,
        directory=FixedDirectory({"customer.example": routes}),
        resolver=resolver or FixedResolver(),
        journal=tmp_path / "journal",
        hostname="gw.example",
        settings=DeliverySettings(**{**QUICK, **settings}),  # type: ignore[arg-type]
        clock=lambda: spool.now,
    )
    await dispatcher.start()
    try:
        yield Delivery(spool)
    finally:
        await dispatcher.stop(2)


@pytest.mark.parametrize(("what", "verb"), list(itertools.product(BREAKS, VERBS)))
async def test_a_broken_conversation_loses_nothing(tmp_path: Path, what: str, verb: str) -> None:
    async with (
        next_hop.NextHop(behaviour(what, verb), GOOD) as hop,
        delivering(tmp_path, hop, **patience(what)) as delivery,
    ):
        hop.behaviour = GOOD
        outcomes = await delivery.end()

    assert outcomes[-1] is Outcome.DELIVERED
    assert set(outcomes[:-1]) <= {Outcome.DEFERRED}
    # Only what was cut off after the dot may have arrived before.
    assert len(hop.arrivals) <= (2 if verb == "DOT" else 1)
    assert {arrival.content for arrival in hop.arrivals} == {next(iter(delivery.spool.contents.values()))}


@pytest.mark.parametrize(("what", "verb"), list(itertools.product(BREAKS, VERBS[:-1])))
async def test_a_host_that_breaks_off_before_the_dot_gives_way_in_the_same_attempt(
    tmp_path: Path, what: str, verb: str
) -> None:
    async with (
        next_hop.NextHop(behaviour(what, verb)) as first,
        next_hop.NextHop() as second,
        delivering(tmp_path, first, second, **patience(what)) as delivery,
    ):
        settlement = await delivery.first()

    assert [outcome.outcome for outcome in settlement.outcomes] == [Outcome.DELIVERED]
    assert len(first.arrivals) + len(second.arrivals) == 1


@pytest.mark.parametrize("what", ["tarpit", "hang up", "reset", "garbage"])
async def test_after_the_dot_no_other_host_is_asked(tmp_path: Path, what: str) -> None:
    async with (
        next_hop.NextHop(behaviour(what, "DOT")) as first,
        next_hop.NextHop() as second,
        delivering(tmp_path, first, second, **patience(what)) as delivery,
    ):
        settlement = await delivery.first()

    assert [outcome.outcome for outcome in settlement.outcomes] == [Outcome.DEFERRED]
    assert second.arrivals == []


@pytest.mark.parametrize(
    ("code", "verb"), list(itertools.product(("450", "550"), ("MAIL", "RCPT", "DATA", "DOT")))
)
async def test_an_answer_about_the_message_stands(tmp_path: Path, code: str, verb: str) -> None:
    async with (
        next_hop.NextHop(behaviour(code, verb)) as first,
        next_hop.NextHop() as second,
        delivering(tmp_path, first, second) as delivery,
    ):
        settlement = await delivery.first()

    expected = Outcome.DEFERRED if code == "450" else Outcome.FAILED
    assert [outcome.outcome for outcome in settlement.outcomes] == [expected]
    assert len(settlement.composed) == (0 if code == "450" else 1)
    assert second.connections == 0


@pytest.mark.parametrize("code", ["450", "550", "554"])
async def test_who_turns_us_away_at_the_door_is_no_reason_to_bounce(tmp_path: Path, code: str) -> None:
    async with next_hop.NextHop(behaviour(code, "GREETING")) as hop, delivering(tmp_path, hop) as delivery:
        settlement = await delivery.first()

    assert [outcome.outcome for outcome in settlement.outcomes] == [Outcome.DEFERRED]


async def test_half_of_the_recipients_are_taken_and_the_others_wait_without_a_second_copy(
    tmp_path: Path,
) -> None:
    people = [f"x{number}@customer.example" for number in range(10)]
    half = Behaviour(recipient=lambda who: b"450 4.2.1 later\r\n" if int(who[1]) % 2 else b"")
    async with (
        next_hop.NextHop(half, GOOD) as hop,
        delivering(tmp_path, hop, recipients=people) as delivery,
    ):
        hop.behaviour = GOOD
        await delivery.end()

    got = [recipient for arrival in hop.arrivals for recipient in arrival.recipients]
    assert sorted(got) == people
    assert [len(arrival.recipients) for arrival in hop.arrivals] == [5, 5]


class Changing(FixedResolver):
    """Fails some times in a way, and then tells the truth."""

    def __init__(self, failure: DnsStatus, times: int, answers: dict[str, dict[str, list[str]]]) -> None:
        super().__init__(answers)
        self._failure = failure
        self._times = times

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        if self._times:
            self._times -= 1
            return DnsAnswer(self._failure)
        return await super().ask(name, kind)


@pytest.mark.parametrize("failure", [DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE])
async def test_a_dns_that_does_not_answer_defers(tmp_path: Path, failure: DnsStatus) -> None:
    answers = {"other.example": {"MX": ["10 mx.other.example"]}, "mx.other.example": {"A": ["127.0.0.1"]}}
    async with (
        next_hop.NextHop() as hop,
        delivering(
            tmp_path,
            resolver=Changing(failure, 2, answers),
            port_for_mx=hop.port,
            refused_mx_networks=(),
            ipv6=False,
        ) as delivery,
    ):
        outcomes = await delivery.end()

    assert outcomes[0] is Outcome.DEFERRED
    assert outcomes[-1] is Outcome.DELIVERED
    assert len(hop.arrivals) == 1


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            {"other.example": {"MX": ["10 gw.example"]}, "gw.example": {"A": ["192.0.2.1"]}}, id="us"
        ),
        pytest.param(
            {"other.example": {"MX": ["10 mx.other.example"]}, "mx.other.example": {"A": ["127.0.0.1"]}},
            id="inside",
        ),
        pytest.param({"other.example": {"MX": ["10 other.example"]}}, id="itself without an address"),
    ],
)
async def test_a_dns_that_lies_leads_nowhere_and_the_sender_is_told(
    tmp_path: Path, answers: dict[str, dict[str, list[str]]]
) -> None:
    async with (
        next_hop.NextHop() as hop,
        delivering(
            tmp_path, resolver=FixedResolver(answers), port_for_mx=hop.port, own_hosts=("gw.example",)
        ) as delivery,
    ):
        settlement = await delivery.first()

    assert [outcome.outcome for outcome in settlement.outcomes] == [Outcome.FAILED]
    assert hop.connections == 0
    assert len(settlement.composed) == 1
