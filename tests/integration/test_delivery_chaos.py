"""Next hops that misbehave in every way at once: nothing is lost, copies are not mixed up, and a message
arrives twice only where its answer was cut off."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.queued import Outcome
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import OPPORTUNISTIC
from lazaretto.testing import next_hop
from lazaretto.testing.copies import NOON, FixedDirectory, FixedResolver, MemorySpool, a_copy
from lazaretto.testing.next_hop import Behaviour

pytestmark = pytest.mark.integration

VERBS = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "DOT")
MESSAGES = 400
CONNECTIONS = 2_000


def a_whim(chooser: random.Random) -> Behaviour:
    """Return how one connection goes; about every second one goes well."""
    verb = chooser.choice(VERBS)
    offers = chooser.choice((next_hop.PLAIN, ("8BITMIME",)))
    match chooser.randrange(12):
        case 0:
            return Behaviour(offers=offers, hang_up=frozenset({verb}))
        case 1:
            return Behaviour(offers=offers, reset=frozenset({verb}))
        case 2:
            return Behaviour(offers=offers, stall=frozenset({verb}))
        case 3:
            answer = b"%d 4.3.2 Not now\r\n" % chooser.choice((421, 450, 451, 452))
            return Behaviour(offers=offers, answers={verb: answer})
        case 4:
            return Behaviour(offers=offers, answers={verb: b"!?\x00\r\n"})
        case 5:
            return Behaviour(offers=offers, hang_up_after_octets=50)
        case 6:
            return Behaviour(offers=offers, octets_at_a_time=1)
        case _:
            return Behaviour(offers=offers)


async def test_nothing_is_lost_where_everything_goes_wrong(tmp_path: Path) -> None:
    chooser = random.Random(20260301)
    spool = MemorySpool()
    contents = [
        b"Subject: %d\r\n\r\n%s" % (n, b".%d\r\n" % n * chooser.randrange(200)) for n in range(MESSAGES)
    ]
    for octets in contents:
        spool.add(a_copy(octets=octets), octets)
    whims = [a_whim(chooser) for _ in range(CONNECTIONS)]
    cut_off = 0
    async with next_hop.NextHop(*whims[:1000]) as first, next_hop.NextHop(*whims[1000:]) as second:
        dispatcher = Dispatcher(
            queue=spool,
            contents=spool,
            directory=FixedDirectory({"customer.example": (_route(first), _route(second))}),
            resolver=FixedResolver(),
            journal=tmp_path / "journal",
            hostname="gw.example",
            settings=DeliverySettings(
                claim_interval=timedelta(seconds=0.01),
                probe_delay=timedelta(seconds=0.01),
                dead_time=timedelta(seconds=0.05),
                messages_per_connection=3,
                greeting_timeout=0.2,
                command_timeout=0.2,
                data_timeout=0.2,
                dot_timeout=0.2,
                quit_timeout=0.1,
            ),
            clock=lambda: spool.now,
        )
        await dispatcher.start()
        async with asyncio.timeout(100):
            while spool.rows:
                await asyncio.sleep(0.02)
                # Time passes faster than on the wall, and never to the end of the seven days.
                spool.now = min(spool.now + timedelta(minutes=5), NOON + timedelta(days=6))
        await dispatcher.stop(5)
        arrived = Counter(arrival.content for hop in (first, second) for arrival in hop.arrivals)

    ends = Counter(o.outcome for s in spool.settled for o in s.outcomes)
    cut_off = sum("may arrive twice" in o.reply.text for s in spool.settled for o in s.outcomes)
    assert ends[Outcome.FAILED] == 0
    assert ends[Outcome.DELIVERED] == MESSAGES
    assert set(arrived) == set(contents)
    assert sum(arrived.values()) - MESSAGES <= cut_off


def _route(hop: next_hop.NextHop) -> NextHop:
    return NextHop(host=hop.host, port=hop.port)


class Endless:
    """Content far larger than memory is meant to be; made when it is read."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def find(self, sub: bytes, start: int = 0, end: int | None = None) -> int:
        return -1

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        return (b"0123456789abcdef" * 4 + b"\r\n") * ((stop - start) // 66 + 1)


async def test_large_content_never_rests_in_memory() -> None:
    size = 200 * 1024 * 1024
    taken = 0

    async def takes_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        writer.write(b"220 x\r\n")
        for answer in (b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"):
            await reader.readline()
            writer.write(answer)
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            piece = await reader.read(65_536)
            taken += len(piece)
            tail = (tail + piece)[-5:]
        writer.write(b"250 2.0.0 Ok\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(takes_slowly, "127.0.0.1", 0)
    route = NextHop(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    conversation = await Opener(DeliverySettings(), "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
    copy = a_copy(eight_bit=False)
    payload = Payload(copy, Endless(size))  # type: ignore[arg-type]

    tracemalloc.start()
    handover = await conversation.transact(copy, copy.recipients, payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert handover.outcomes[0].outcome is Outcome.DELIVERED
    assert taken >= size
    assert peak < 16 * 1024 * 1024
    await conversation.quit()
    server.close()
