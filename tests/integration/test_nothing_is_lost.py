"""After a 250 nothing is lost, whatever is killed, and no two messages are mixed up (promises D1, D3, D5).

A real client sends real messages and sends again what was not answered, as SMTP wants; meanwhile
edge, scan workers, deliver process and PostgreSQL are killed with SIGKILL, one after the other.

A message comes again only where a kill of the deliver process cut off the answer of the next hop, and
then once.  The sink counts by itself, for each kill, whose answers were cut off: nothing else may come
again, and not more than that.  No other kill repeats anything.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lazaretto.delivery.settings import DeliverySettings
from tests.integration import timed_sink
from tests.integration.timed_sink import Arrival
from tests.load.bench import mixed, text_message
from tests.load.processes import role_of, tree
from tests.load.product import Product
from tests.load.sender import Ledger, send_all

MESSAGES = 2000
FEWER = 600
BETWEEN_KILLS = 50
"""Messages that are accepted before the next kill, so that each kill meets a system at work."""
DRAIN_PATIENCE = 240.0
VICTIMS = ("edge", "scan", "deliver", "postgres", "scan-worker", "jobs")
SETTINGS = "[delivery]\nfirst_delay = 1.0\nlongest_delay = 5.0\n"
ONE_CONVERSATION = "initial_per_destination = 1\nmax_per_destination = 1\n"
READ_LATE = 30.0
"""Seconds that the sink may take to read what had reached it when its sender was killed."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that was killed."""

    role: str
    at: float


@dataclass(frozen=True, slots=True)
class Story:
    """What happened under fire."""

    ledger: Ledger
    kills: list[Kill]
    received: list[tuple[str, str, str, str]]
    arrivals: list[Arrival]
    quarantined: set[str]
    balance: str

    @property
    def lost(self) -> list[str]:
        """Names of messages that were answered with 250 and are nowhere."""
        found = {identity for _, _, _, identity in self.received} | self.quarantined
        return [name for name, identity in self.ledger.queued_as.items() if identity not in found]

    @property
    def mixed_up(self) -> list[str]:
        """Names of messages that came with another one's content."""
        return [name for name, digest, _, _ in self.received if self.ledger.sent[name] != digest]

    def cut_off(self) -> Counter[Kill | None]:
        """Count, by kill of the deliver process, the messages whose answer it cut off, as the sink saw it."""
        return Counter(self._killer_of(arrival) for arrival in self.arrivals if arrival.is_in_doubt)

    def repeats(self) -> Counter[Kill | None]:
        """Count what came again by the kill that cut off the copy before it; None where none did."""
        counted: Counter[Kill | None] = Counter()
        last: dict[str, Arrival] = {}
        for arrival in self.arrivals:
            if (before := last.get(arrival.identity)) is not None:
                counted[self._killer_of(before) if before.is_in_doubt else None] += 1
            last[arrival.identity] = arrival
        return counted

    def _killer_of(self, arrival: Arrival) -> Kill | None:
        """Return the kill that ended the connection of ``arrival``: the last one before it ended."""
        kills = [kill for kill in self.kills if kill.role == "deliver" and arrival.at - READ_LATE <= kill.at]
        return max((kill for kill in kills if kill.at <= arrival.ended_at), key=_time_of, default=None)


def _time_of(kill: Kill) -> float:
    return kill.at


def _messages(count: int) -> list[bytes]:
    real = mixed(count)
    chooser = random.Random(3)
    return real or [text_message(chooser.randrange(500, 200_000)) for _ in range(count)]


def _stream(raw: list[bytes]) -> Iterator[tuple[str, str, bytes]]:
    for number, octets in enumerate(raw):
        yield f"t{number}", "bob@customer.example", octets


def _victim(product: Product, role: str) -> int | None:
    """Return a process of ``role``: the oldest, but for scan workers the youngest (a child)."""
    wanted = "scan" if role == "scan-worker" else role
    found = sorted(pid for pid in tree(product.process.pid) if role_of(pid) == wanted)
    if not found:
        return None
    return found[-1] if role == "scan-worker" else found[0]


async def _kill_in_turn(
    product: Product, victims: Sequence[str], ledger: Ledger, done: asyncio.Event
) -> list[Kill]:
    kills: list[Kill] = []
    for role in itertools.cycle(victims):
        wanted = len(ledger.accepted) + BETWEEN_KILLS
        while len(ledger.accepted) < wanted and not done.is_set():
            await asyncio.sleep(0.01)
        if done.is_set():
            break
        while (pid := _victim(product, role)) is None:
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        kills.append(Kill(role, time.time()))
    return kills


def _await_empty_queue(product: Product) -> None:
    deadline = time.monotonic() + DRAIN_PATIENCE
    while time.monotonic() < deadline:
        if not product.command("queue", "list", "--json").strip():
            return
        time.sleep(1)
    pytest.fail("the queue did not drain: " + product.command("queue", "list")[:2000])


def _under_fire(folder: Path, raw: list[bytes], settings: str, victims: Sequence[str]) -> Story:
    folder.chmod(0o755)
    sink = timed_sink.started(folder)
    product = Product.start(folder / "home", settings)
    ledger = Ledger()

    async def under_fire() -> list[Kill]:
        done = asyncio.Event()
        killer = asyncio.create_task(_kill_in_turn(product, victims, ledger, done))
        await send_all(product.port, _stream(raw), ledger, connections=8, retry=True)
        done.set()
        return await killer

    try:
        product.apply_tenant(sink.port)
        kills = asyncio.run(under_fire())
        _await_empty_queue(product)
        time.sleep(2)
        quarantined = {
            json.loads(line)["id"] for line in product.command("quarantine", "list", "--json").splitlines()
        }
        balance = product.command("reconcile")
        story = Story(ledger, kills, sink.received(), timed_sink.arrivals(sink), quarantined, balance)
    finally:
        product.stop()
        sink.stop()
    print(_in_short(story))
    return story


def _in_short(story: Story) -> str:
    kills = Counter(kill.role for kill in story.kills)
    cut_off, repeats = story.cut_off(), story.repeats()
    of_deliver = [(cut_off[kill], repeats[kill]) for kill in story.kills if kill.role == "deliver"]
    return (
        f"kills {dict(kills)}, answers {story.ledger.answers}, (cut off, come again) by kill of deliver "
        f"{of_deliver}, come again otherwise {repeats[None]}, {story.balance}"
    )


def _check(story: Story, conversations: int) -> None:
    """Check that nothing is lost or mixed up, and that one extra copy came for an answer cut off, at most."""
    cut_off, repeats = story.cut_off(), story.repeats()
    assert story.lost == []
    assert story.mixed_up == []
    assert repeats[None] == 0, "came again although no kill cut off its answer"
    for kill in story.kills:
        assert repeats[kill] <= cut_off[kill] <= conversations


def test_killing_every_process_loses_and_mixes_nothing(tmp_path: Path) -> None:
    raw = _messages(MESSAGES)

    story = _under_fire(tmp_path, raw, SETTINGS, VICTIMS)

    assert len(story.ledger.accepted) == len(raw)
    assert {kill.role for kill in story.kills} == set(VICTIMS)
    _check(story, DeliverySettings().max_per_destination)


def test_with_one_conversation_a_kill_repeats_one_message_at_most(tmp_path: Path) -> None:
    raw = _messages(FEWER)

    story = _under_fire(tmp_path, raw, SETTINGS + ONE_CONVERSATION, ("deliver", "postgres", "edge"))

    assert len(story.ledger.accepted) == len(raw)
    _check(story, 1)
