"""Beside Debian's Postfix: the same messages, in turns, with both of them up; medians and ratios.

    python -m tests.load.beside [ROUNDS]

Accepting and delivering alone is compared, for Postfix does not look into mail: an edge whose look
finds nothing takes the place of ours.  Everything else is the product's, content encryption included,
and both sync what they accept to the disk before they say 250.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.load.bench import CONNECTIONS, Messages, _binary, _same, sealing, text_message
from tests.load.idle import idle_connections
from tests.load.peers import Peer, available, start
from tests.load.processes import Usage, usage_of
from tests.load.product import Product, SinkProcess
from tests.load.sender import Ledger, send_all

PATIENCE = 300.0
IDLE = 2_000
SETTINGS = f"[edge]\nmax_connections = {IDLE + 100}\n"
ROUNDS = 3
MUST, AIM = 2.5, 1.5
"""CPU per message, as a multiple of Postfix's."""
LARGE_MUST = 1.3
"""Seconds for a large message, as a multiple of Postfix's."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A running mail system with a sink behind it."""

    name: str
    port: int
    sink: SinkProcess
    usage: Callable[[], Usage]


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent in each round."""

    name: str
    octets: bytes
    count: int
    connections: int = CONNECTIONS

    def messages(self, label: str) -> Messages:
        """Return the messages of one round."""
        return _same(self.octets, self.count, label)()


@dataclass(frozen=True, slots=True)
class Measured:
    """What one round came to."""

    per_second: float
    cpu_ms: float
    seconds: float
    p50_ms: float


def measure(contender: Contender, load: Load, label: str) -> Measured:
    """Send one round and return its figures; the clock stops at the last delivery."""
    wanted = len(contender.sink.received()) + load.count
    ledger = Ledger()
    before, began = contender.usage(), time.time()
    uvloop.run(send_all(contender.port, load.messages(label), ledger, connections=load.connections))
    deadline = time.monotonic() + PATIENCE
    while len(contender.sink.received()) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{contender.name} did not deliver all of {load.name}: {ledger.answers}")
        time.sleep(0.05)
    seconds = contender.sink.ledger.stat().st_mtime - began
    # What follows a delivery (settling, clearing away) is paid for as well.
    time.sleep(1.0)
    spent = sum(contender.usage().since(before).values())
    return Measured(
        per_second=load.count / seconds,
        cpu_ms=1000 * spent / load.count,
        seconds=seconds,
        p50_ms=1000 * statistics.median(ledger.latencies),
    )


def compare(ours: Contender, theirs: Contender, load: Load, rounds: int) -> dict[str, Any]:
    """Measure both in turns; return medians and ours as a multiple of theirs."""
    results: dict[str, list[Measured]] = {ours.name: [], theirs.name: []}
    for number in range(rounds):
        # Who begins changes, so that neither always meets the quieter disk.
        pair = (ours, theirs) if number % 2 else (theirs, ours)
        for contender in pair:
            label = f"{load.name}-{contender.name}-{number}"
            results[contender.name].append(measure(contender, load, label))
    medians = {name: _medians(measured) for name, measured in results.items()}
    mine, other = medians[ours.name], medians[theirs.name]
    ratios = {key: round(mine[key] / other[key], 2) for key in mine}
    return {"load": load.name, "rounds": rounds, **medians, "ratio": ratios}


def _medians(measured: list[Measured]) -> dict[str, float]:
    return {
        "per_second": round(statistics.median(each.per_second for each in measured), 1),
        "cpu_ms": round(statistics.median(each.cpu_ms for each in measured), 2),
        "seconds": round(statistics.median(each.seconds for each in measured), 2),
        "p50_ms": round(statistics.median(each.p50_ms for each in measured), 1),
    }


@contextmanager
def contenders(folder: Path) -> Iterator[tuple[Contender, Contender, Product]]:
    """Run both for as long as the block lasts."""
    with ExitStack() as stack:
        for name in ("ours", "theirs"):
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        our_sink, their_sink = SinkProcess.start(folder / "ours"), SinkProcess.start(folder / "theirs")
        stack.callback(our_sink.stop)
        stack.callback(their_sink.stop)
        product = Product.start(folder / "home", SETTINGS)
        stack.callback(product.stop)
        product.apply_tenant(our_sink.port)
        peer: Peer = start("postfix", folder / "theirs", their_sink.port)
        stack.callback(peer.stop)
        bare = stack.enter_context(product.without_look())
        ours = Contender("lazaretto", bare.port, our_sink, lambda: usage_of(*bare.roots))
        theirs = Contender("postfix", peer.port, their_sink, peer.usage)
        for contender in (ours, theirs):
            measure(contender, Load("warm", text_message(2_000), 50, 5), f"warm-{contender.name}")
        yield ours, theirs, product


def idle(product: Product, count: int = IDLE) -> dict[str, object]:
    """Return the memory of the product's edge with ``count`` connections that say nothing."""
    held = asyncio.run(idle_connections(product.port, count, lambda: _resident(product)))
    return {"load": "idle", "connections": held.open, "edge_mb": round(held.seen, 1), "must": 150}


def _resident(product: Product) -> float:
    """Return the resident memory of the product's edge in MB."""
    return usage_of(*product.roots).resident["edge"]


def verdict(told: dict[str, Any]) -> str:
    """Return one line that says whether what was promised holds."""
    ratio = told["ratio"]
    if told["load"] == "50m":
        holds = ratio["seconds"] <= LARGE_MUST
        return f"50 MB in {ratio['seconds']} of Postfix's time (must {LARGE_MUST}): {_word(holds=holds)}"
    rate, cpu = ratio["per_second"], ratio["cpu_ms"]
    holds = rate >= 1 and cpu <= MUST
    return (
        f"{told['load']}: {rate} of Postfix's rate (must 1), {cpu} of its CPU (must {MUST}, aim {AIM}): "
        f"{_word(holds=holds)}"
    )


def _word(*, holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"


def main(words: list[str]) -> None:
    """Measure and print."""
    rounds = int(words[0]) if words else ROUNDS
    print(json.dumps(sealing()), flush=True)
    if not available():
        sys.exit("Postfix cannot run here, so nothing is compared")
    loads = (
        Load("10k", text_message(10_000), 2_000),
        Load("100k", text_message(100_000), 600),
        Load("50m", _binary(50_000_000), 1, 1),
    )
    with (
        tempfile.TemporaryDirectory(prefix="lz-beside-") as name,
        contenders(_opened(Path(name))) as (ours, theirs, product),
    ):
        for load in loads:
            told = compare(ours, theirs, load, rounds)
            print(json.dumps(told), flush=True)
            print(verdict(told), flush=True)
        print(json.dumps(idle(product)), flush=True)


def _opened(folder: Path) -> Path:
    # Postfix's and PostgreSQL's users must be able to enter.
    folder.chmod(0o755)
    return folder


if __name__ == "__main__":
    main(sys.argv[1:])
