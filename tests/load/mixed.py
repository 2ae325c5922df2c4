"""Ordinary mail with and without poison beside it: by how much poison delays others.

    python -m tests.load.mixed [ROUNDS]         part of `make bench`

Rounds with and without poison take turns, each after the one before has left nothing running.  In
each, ordinary mail (text, a page, an office document, an archive) comes at a steady pace, and its
time from MAIL to the answer behind the dot is taken; in every second one, a message that is made to
exhaust whoever looks at it comes every second as well.  Medians over rounds count.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.load.poison import poisons
from tests.load.processes import usage_of
from tests.load.product import Product, SinkProcess
from tests.load.sender import Conversation
from tests.load.words import parser_of
from tests.unit.detect.malware.containers import a_letter, a_zip

BESIDE_POISON = "beside-poison"
ROUNDS = 5
BENCH_ROUNDS = 3
SECONDS = 15.0
PACE = 5.0
"""Ordinary messages a second."""
POISON_EVERY = 1.0
MUST = 1.10
"""Time of ordinary mail beside poison, as a multiple of what it takes without."""
QUIET = 0.10
"""CPU seconds within a second below which nothing is left running."""


def ordinary() -> Sequence[bytes]:
    """Return mail as it comes on any day."""
    words = "We met on Tuesday and agreed on the terms that follow. " * 40
    types = (
        b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    )
    document = {"[Content_Types].xml": types, "word/document.xml": b"<w>" + words.encode() * 8 + b"</w>"}
    return (
        a_letter({}, words),
        a_letter({"minutes.html": b"<html><body><p>" + words.encode() + b"</p></body></html>"}),
        a_letter({"minutes.docx": a_zip(document)}),
        a_letter({"minutes.zip": a_zip({"minutes.txt": words.encode()})}),
    )


async def _send_ordinary(port: int, letters: Sequence[bytes]) -> list[float]:
    client = await Conversation.open("127.0.0.1", port)
    taken: list[float] = []
    begun = time.monotonic()
    for number, octets in zip(range(int(SECONDS * PACE)), itertools.cycle(letters), strict=False):
        await asyncio.sleep(max(begun + number / PACE - time.monotonic(), 0))
        at = time.perf_counter()
        answer = await client.send("ann@partner.example", ["alice@customer.example"], octets)
        taken.append(time.perf_counter() - at)
        if not answer.startswith(b"250"):
            raise RuntimeError(answer.decode())
    await client.close()
    return taken


async def _send_poison(port: int, letters: Sequence[bytes]) -> None:
    async def one(octets: bytes) -> None:
        with suppress(ConnectionError, TimeoutError):
            client = await Conversation.open("127.0.0.1", port)
            await client.send("eve@partner.example", ["bob@customer.example"], octets)
            await client.close()

    # At any moment of its second: who attacks does not wait until somebody else has begun.
    moments = random.Random(len(letters))
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, octets in zip(range(int(SECONDS / POISON_EVERY)), itertools.cycle(letters), strict=False):
            at = begun + (number + moments.random()) * POISON_EVERY
            await asyncio.sleep(max(at - time.monotonic(), 0))
            group.create_task(one(octets))


def _attack(port: int, letters: Sequence[bytes]) -> None:
    # The attacker's own work is done on the attacker's machine: here it stands behind everything.
    os.nice(19)
    asyncio.run(_send_poison(port, letters))


def _round(port: int, letters: Sequence[bytes], poison: Sequence[bytes]) -> list[float]:
    beside = multiprocessing.get_context("fork").Process(target=_attack, args=(port, poison))
    if poison:
        beside.start()
    try:
        return asyncio.run(_send_ordinary(port, letters))
    finally:
        if poison:
            beside.terminate()
            beside.join()


def _await_quiet(product: Product) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        before = usage_of(*product.roots)
        time.sleep(1)
        if sum(usage_of(*product.roots).since(before).values()) < QUIET:
            return
    raise RuntimeError("something is still running")


def measure(rounds: int) -> dict[str, list[list[float]]]:
    """Return the seconds of ordinary messages by kind of round, a list for each round."""
    letters, poison = ordinary(), [each for each in poisons().values() if len(each) < 8 << 20]
    times: dict[str, list[list[float]]] = {"alone": [], "beside poison": []}
    with tempfile.TemporaryDirectory() as folder:
        sink = SinkProcess.start(Path(folder))
        product = Product.start(Path(folder) / "home", "[edge]\nbanner_delay = 0.0\n")
        try:
            product.apply_tenant(sink.port)
            _round(product.port, letters, ())
            for _ in range(rounds):
                for kind, beside in (("alone", ()), ("beside poison", poison)):
                    _await_quiet(product)
                    times[kind].append(_round(product.port, letters, beside))
        finally:
            product.stop()
            sink.stop()
    return times


def beside_poison(rounds: int = BENCH_ROUNDS) -> dict[str, object]:
    """Return how long ordinary mail takes alone and beside poison: milliseconds and ratios."""
    times = measure(rounds)
    alone, beside = times["alone"], times["beside poison"]
    return {
        "workload": BESIDE_POISON,
        "rounds": rounds,
        "answer_p50_ms": {kind: _typical(each, statistics.median) for kind, each in times.items()},
        "answer_p95_ms": {kind: _typical(each, _late) for kind, each in times.items()},
        "median_ratio": round(_typical(beside, statistics.median) / _typical(alone, statistics.median), 2),
        "mean_ratio": round(
            statistics.median(
                statistics.mean(b) / statistics.mean(a) for a, b in zip(alone, beside, strict=True)
            ),
            2,
        ),
        "must_be_at_most": MUST,
    }


def _typical(rounds: Sequence[Sequence[float]], figure: Callable[[Sequence[float]], float]) -> float:
    """Return the median over rounds of a round's figure, in milliseconds."""
    return round(statistics.median(map(figure, rounds)) * 1e3, 1)


def _late(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    """Print the figures, and fail where poison delays others by more than it may."""
    parser = parser_of("tests.load.mixed", __doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS, metavar="ROUNDS", help="of each kind")
    told = beside_poison(parser.parse_args().rounds)
    print(json.dumps(told))
    raise SystemExit(float(str(told["median_ratio"])) > MUST)


if __name__ == "__main__":
    main()
