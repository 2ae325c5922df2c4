"""``make soak``: traffic for half an hour, with everything going wrong that may; nothing may leak.

    python -m tests.load.soak [MINUTES [MESSAGES_A_SECOND]]

Real messages go to a good next hop; every fifth goes to one that stalls, resets, answers nonsense or
4xx, takes half of a message, or hangs up after the dot.  A thousand connections are open and silent all
the while, and are opened again when the edge has had enough of them.  At the end all is delivered, each
message is counted, and the anonymous memory of each role in the last quarter is set beside that in the
second: the first one is warming up.  It is also set beside that of the first minute, as a process that
is replaced when it is full looks flat, too.  Descriptors, processes and temporary files are counted
before all this, when a few messages have gone through, and must be back to that when it is over.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from lazaretto.testing import next_hop
from lazaretto.testing.next_hop import GOOD, Behaviour
from tests.load.bench import mixed, text_message
from tests.load.holdings import Holdings, holdings_of
from tests.load.idle import open_idle
from tests.load.processes import usage_of
from tests.load.product import TENANT, Product, SinkProcess
from tests.load.sender import Ledger, Pace, send_all

MINUTES = 30.0
IDLE = 1_000
CONNECTIONS = 8
RATE = 20.0
"""Messages a second: it is about time, not about speed."""
FIRST_MESSAGES = 40
"""What goes through before anything is counted, so that all that is opened once is open."""
SETTLING_PATIENCE = 180.0
"""Seconds in which descriptors and temporary files must be back to what they were."""
ROUGH_SHARE = 5
SAMPLE_EVERY = 5.0
DRAIN_PATIENCE = 300.0
MOST_GROWTH = 1.15
LEAST_THAT_COUNTS = 12.0
"""MB by which a role may grow whatever its size."""
MOST_SWELLING = 2.0
ROOM_TO_SWELL = 60.0
"""MB: what a role may have more than ``MOST_SWELLING`` times what it had at the start."""
SETTINGS = f"""\
[edge]
max_connections = {IDLE + 500}
[delivery]
first_delay = 1.0
longest_delay = 5.0
greeting_timeout = 2.0
command_timeout = 2.0
data_timeout = 2.0
dot_timeout = 2.0
dead_time = 1.0
[content]
least_free_share = 0.01
"""
ROUGH = TENANT.replace("tenant: load", "tenant: rough").replace("customer.example", "rough.example")
MUST_BE_NOTHING = ("lost", "grew", "swelled", "repeated", "not_given_back")
VERBS = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "DOT")


@dataclass(slots=True)
class Seen:
    """What was seen while the traffic went on."""

    memory: dict[str, list[float]] = field(default_factory=dict)
    """Anonymous memory in MB by role, a sample every some seconds."""
    before: Holdings | None = None
    after: Holdings | None = None
    most: int = 0
    """The most descriptors that the largest processes of all roles held together."""
    opened: int = 0
    """Idle connections, each time they were opened anew."""


def a_whim(chooser: random.Random) -> Behaviour:
    """Return how the rough next hop behaves for a moment; well, every third time."""
    verb = chooser.choice(VERBS)
    match chooser.randrange(9):
        case 0:
            return Behaviour(hang_up=frozenset({verb}))
        case 1:
            return Behaviour(reset=frozenset({verb}))
        case 2:
            return Behaviour(stall=frozenset({verb}))
        case 3:
            return Behaviour(answers={verb: b"%d 4.3.2 Not now\r\n" % chooser.choice((421, 450, 451))})
        case 4:
            return Behaviour(answers={verb: b"\x00 nonsense\r\n"})
        case 5:
            return Behaviour(octets_at_a_time=1)
        case _:
            return GOOD


def messages(until: float) -> Iterator[tuple[str, str, bytes]]:
    """Yield real messages, over and over, until a time."""
    raw = mixed(1_500) or [text_message(size) for size in (800, 9_000, 60_000, 200_000)]
    for number, octets in enumerate(itertools.cycle(raw)):
        if time.monotonic() >= until:
            return
        domain = "rough.example" if number % ROUGH_SHARE == 0 else "customer.example"
        yield f"soak-{number}", f"bob@{domain}", octets


def first_messages() -> Iterator[tuple[str, str, bytes]]:
    """Yield a few letters to both next hops."""
    for number in range(FIRST_MESSAGES):
        domain = "rough.example" if number % 2 else "customer.example"
        yield f"first-{number}", f"bob@{domain}", text_message(2_000 * (1 + number % 50))


async def soak(
    product: Product, minutes: float, rate: float, ledger: Ledger
) -> tuple[Seen, next_hop.NextHop]:
    """Let traffic flow for some minutes and to its end; return what was seen."""
    seen = Seen()
    async with next_hop.NextHop() as rough:
        document = product.home / "rough.yaml"
        document.write_text(ROUGH.format(port=rough.port, addresses="bob@rough.example"))
        await asyncio.to_thread(product.command, "tenant", "apply", str(document))
        await send_all(product.port, first_messages(), ledger, connections=CONNECTIONS, retry=True)
        await _drained(product)
        seen.before = await _held(product)
        around = [
            asyncio.create_task(work)
            for work in (_whims(rough), _samples(product, seen), _crowd(product.port, seen))
        ]
        until = time.monotonic() + minutes * 60
        await send_all(
            product.port,
            messages(until),
            ledger,
            connections=CONNECTIONS,
            retry=True,
            pace=Pace(rate),
        )
        for task in around:
            task.cancel()
        await asyncio.gather(*around, return_exceptions=True)
        rough.behaviour = GOOD
        await _drained(product)
        seen.after = await _settled(product, seen.before)
    return seen, rough


async def _held(product: Product) -> Holdings:
    return await asyncio.to_thread(holdings_of, product.home, Path(tempfile.gettempdir()), *product.roots)


async def _settled(product: Product, base: Holdings) -> Holdings:
    """Return what is held once nothing is beyond ``base``, or when patience is over."""
    deadline = time.monotonic() + SETTLING_PATIENCE
    while (held := await _held(product)).beyond(base) and time.monotonic() < deadline:
        await asyncio.sleep(2)
    return held


async def _whims(rough: next_hop.NextHop) -> None:
    chooser = random.Random(20260301)
    while True:
        rough.behaviour = a_whim(chooser)
        await asyncio.sleep(0.25)


async def _samples(product: Product, seen: Seen) -> None:
    while True:
        usage = await asyncio.to_thread(usage_of, *product.roots)
        for role, megabytes in usage.anonymous.items():
            seen.memory.setdefault(role, []).append(megabytes)
        seen.most = max(seen.most, (await _held(product)).all_descriptors)
        await asyncio.sleep(SAMPLE_EVERY)


async def _crowd(port: int, seen: Seen) -> None:
    while True:
        writers = await open_idle(port, IDLE)
        seen.opened += len(writers)
        try:
            await asyncio.sleep(60)
        finally:
            for writer in writers:
                writer.transport.abort()


async def _drained(product: Product) -> None:
    deadline = time.monotonic() + DRAIN_PATIENCE
    while (await asyncio.to_thread(product.command, "queue", "list", "--json")).strip():
        if time.monotonic() > deadline:
            raise RuntimeError("the queue does not drain")
        await asyncio.sleep(1)


def growth(samples: list[float]) -> tuple[float, float]:
    """Return the median of the second quarter and of the last."""
    quarter = max(1, len(samples) // 4)
    return statistics.median(samples[quarter : 2 * quarter] or samples), statistics.median(samples[-quarter:])


def is_flat(before: float, after: float) -> bool:
    """Tell whether a role did not grow."""
    return after <= max(before * MOST_GROWTH, before + LEAST_THAT_COUNTS)


def swelled(samples: list[float]) -> bool:
    """Tell whether a role has far more at the end than it had at the start."""
    start = statistics.median(samples[: max(1, int(60 / SAMPLE_EVERY))])
    return growth(samples)[1] > start * MOST_SWELLING + ROOM_TO_SWELL


def eighths(samples: list[float]) -> list[float]:
    """Return the median of each eighth."""
    size = max(1, len(samples) // 8)
    return [round(statistics.median(samples[at : at + size]), 1) for at in range(0, size * 8, size)]


def told(
    product: Product, sink: SinkProcess, ledger: Ledger, seen: Seen, rough: next_hop.NextHop
) -> dict[str, Any]:
    """Return the balance: what was promised, what came, and what memory did."""
    quarantined = {
        json.loads(line)["id"] for line in product.command("quarantine", "list", "--json").splitlines()
    }
    good = Counter(identity for _, _, _, identity in sink.received())
    bad = Counter(_queue_id(arrival.content) for arrival in rough.arrivals)
    ids = ledger.queued_as.values()
    lost = [identity for identity in ids if not (good[identity] or bad[identity] or identity in quarantined)]
    memory = {role: samples for role, samples in sorted(seen.memory.items()) if len(samples) >= 8}
    return {
        "accepted": len(ledger.queued_as),
        "answers": ledger.answers,
        "delivered": len(good),
        "delivered_rough": len(bad),
        "quarantined": len(quarantined),
        "lost": len(lost),
        "repeated": sum(good.values()) - len(good),
        "repeated_where_answers_were_cut_off": sum(bad.values()) - len(bad),
        "idle_connections_opened": seen.opened,
        "memory_mb": {role: eighths(samples) for role, samples in memory.items()},
        "grew": [role for role, samples in memory.items() if not is_flat(*growth(samples))],
        "swelled": [role for role, samples in memory.items() if swelled(samples)],
        "descriptors_at_most": seen.most,
        "held_before": seen.before.told() if seen.before else None,
        "held_after": seen.after.told() if seen.after else None,
        "not_given_back": seen.after.beyond(seen.before) if seen.before and seen.after else ["unknown"],
        "balance": product.command("reconcile").strip().splitlines(),
    }


def _queue_id(content: bytes) -> str:
    head = content.partition(b"\r\n\r\n")[0]
    return head.partition(b" id ")[2][:36].decode("ascii", "replace")


def main(words: list[str]) -> int:
    """Soak, print, and return 1 where something was lost or grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    parser.add_argument("rate", nargs="?", type=float, default=RATE, metavar="messages_a_second")
    given = parser.parse_args(words)
    minutes, rate = given.minutes, given.rate
    ledger = Ledger()
    with tempfile.TemporaryDirectory(prefix="lz-soak-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _temporary_files_in(folder / "temporary")
        with ExitStack() as stack:
            sink = SinkProcess.start(folder)
            stack.callback(sink.stop)
            product = Product.start(folder / "home", SETTINGS)
            stack.callback(product.stop)
            product.apply_tenant(sink.port)
            seen, rough = uvloop.run(soak(product, minutes, rate, ledger))
            balance = told(product, sink, ledger, seen, rough)
    print(json.dumps({"minutes": minutes, "rate": rate, **balance}), flush=True)
    return 1 if any(balance[name] for name in MUST_BE_NOTHING) else 0


def _temporary_files_in(folder: Path) -> None:
    """Have this process and all that it starts keep temporary files in ``folder``."""
    folder.mkdir()
    folder.chmod(0o1777)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
