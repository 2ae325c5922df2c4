"""A storm of restarts in the middle of traffic: nothing is lost, and orderly ones repeat nothing.

    python -m tests.faults.restart_storm [TIMES]

The whole product is stopped and started TIMES times, the first half as a person would (SIGTERM), the
rest by SIGKILL, while a client sends at a steady rate and sends again what was not answered with 250.
Each half has letters of its own and ends with an empty queue, so that each repeat has its cause: an
answer that was cut off, the next hop's to us or ours to the client.  Both write down which those were.
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration import timed_sink
from tests.load.product import Product, SinkProcess
from tests.load.sender import Ledger, Pace, send_all
from tests.load.words import parser_of

TIMES = 30
RATE = 15.0
"""Messages a second."""
CONNECTIONS = 4
BETWEEN = 20
"""Messages that are taken between two restarts."""
PATIENCE = 240.0
LOOK_EVERY = 0.05
SETTINGS = """\
[delivery]
first_delay = 1.0
longest_delay = 5.0
[content]
least_free_share = 0.01
"""


@dataclass(slots=True)
class Half:
    """Restarts of one kind, and what became of the letters meanwhile."""

    name: str
    restarts: int
    ledger: Ledger = field(default_factory=Ledger)
    away: list[float] = field(default_factory=list)
    """Seconds from each signal until everything stood again."""
    greeted: list[float] = field(default_factory=list)
    """Seconds from each signal until the first 220."""
    copies: Counter[str] = field(default_factory=Counter)
    cut_off: Counter[str] = field(default_factory=Counter)
    """How many answers to each letter were cut off, the next hop's and ours together."""

    @property
    def lost(self) -> list[str]:
        """Letters that were answered with 250 and never came."""
        return [name for name in self.ledger.accepted if not self.copies[name]]

    @property
    def repeated(self) -> int:
        """How many copies came beyond the first of each letter."""
        return sum(count - 1 for count in self.copies.values())

    @property
    def unexplained(self) -> list[str]:
        """Letters of which more copies came again than answers to them were cut off."""
        return [name for name, count in self.copies.items() if count - 1 > self.cut_off[name]]

    @property
    def is_good(self) -> bool:
        """Whether it came to what is promised."""
        has_repeats = self.name == "orderly" and self.repeated > 0
        return not (self.lost or self.unexplained or has_repeats)

    def figures(self) -> dict[str, Any]:
        """Return what a report says."""
        return {
            "restarts": self.restarts,
            "accepted": len(self.ledger.accepted),
            "answers": self.ledger.answers,
            "lost": self.lost,
            "repeated": self.repeated,
            "answers_cut_off": self.cut_off.total(),
            "unexplained": self.unexplained,
            "first_220_seconds": _middle_and_longest(self.greeted),
            "all_stands_seconds": _middle_and_longest(self.away),
        }


class Storm:
    """A product that is restarted again and again while a client sends."""

    def __init__(self, product: Product, sink: SinkProcess) -> None:
        self.product = product
        self._sink = sink
        self._is_over = False

    def play(self, half: Half, stop: Callable[[Product], None]) -> None:
        """Restart by ``stop`` as often as ``half`` says; return when all its letters have come."""
        self._is_over = False
        asyncio.run(self._traffic(half, stop))
        deadline = time.monotonic() + PATIENCE
        while self.product.command("queue", "list", "--json").strip() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        came = [
            (name, identity) for name, _, _, identity in self._sink.received() if name in half.ledger.sent
        ]
        half.copies = Counter(name for name, _ in came)
        name_of = {identity: name for name, identity in came}
        in_doubt = (each.identity for each in timed_sink.arrivals(self._sink) if each.is_in_doubt)
        half.cut_off = Counter(name_of[identity] for identity in in_doubt if identity in name_of)
        half.cut_off.update(half.ledger.cut_off)

    def balances(self) -> list[dict[str, Any]]:
        """Return what ``lazaretto reconcile`` says of each tenant."""
        return [json.loads(line) for line in self.product.command("reconcile", "--json").split("\n") if line]

    async def _traffic(self, half: Half, stop: Callable[[Product], None]) -> None:
        port, ledger = self.product.port, half.ledger
        letters = self._letters(half.name)
        async with asyncio.TaskGroup() as group:
            group.create_task(
                send_all(port, letters, ledger, connections=CONNECTIONS, retry=True, pace=Pace(RATE))
            )
            for _ in range(half.restarts):
                wanted = len(ledger.accepted) + BETWEEN
                async with asyncio.timeout(PATIENCE):
                    while len(ledger.accepted) < wanted:
                        await asyncio.sleep(LOOK_EVERY)
                await asyncio.to_thread(self._restart, half, stop)
            self._is_over = True

    def _restart(self, half: Half, stop: Callable[[Product], None]) -> None:
        began = time.monotonic()
        stop(self.product)
        with ThreadPoolExecutor(1) as threads:
            # The old edge is gone, so whoever greets is the next one.
            greeted = threads.submit(_moment_of_greeting, self.product.port)
            self.product = Product.start(self.product.home, SETTINGS, self.product.port)
            half.away.append(time.monotonic() - began)
            half.greeted.append(greeted.result() - began)

    def _letters(self, mark: str) -> Iterator[tuple[str, str, bytes]]:
        number = 0
        while not self._is_over:
            name = f"{mark}{number}"
            yield name, "bob@customer.example", _letter(name)
            number += 1


def storm(folder: Path, times: int) -> tuple[list[Half], bool]:
    """Restart ``times`` times; return both halves, and whether all balances are right."""
    halves = [Half("orderly", (times + 1) // 2), Half("killed", times // 2)]
    sink = timed_sink.started(folder)
    try:
        made = Storm(Product.start(folder / "home", SETTINGS), sink)
        try:
            made.product.apply_tenant(sink.port)
            for half, stop in zip(halves, (_stop, _kill), strict=True):
                made.play(half, stop)
            return halves, all(each["right"] for each in made.balances())
        finally:
            made.product.stop()
    finally:
        sink.stop()


def _moment_of_greeting(port: int) -> float:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE):
            return time.monotonic()
        time.sleep(LOOK_EVERY)
    raise TimeoutError("nobody greets")


def _middle_and_longest(seconds: list[float]) -> dict[str, float]:
    return {"middle": round(statistics.median(seconds), 1), "longest": round(max(seconds), 1)}


def _stop(product: Product) -> None:
    product.stop()


def _kill(product: Product) -> None:
    product.process.kill()
    product.process.wait()


def _letter(name: str) -> bytes:
    return (
        f"From: Ann Baker <ann@partner.example>\r\nTo: bob@customer.example\r\nSubject: minutes\r\n"
        f"Message-ID: <{name}@partner.example>\r\n\r\nSee you on Tuesday.\r\n"
    ).encode()


def main() -> int:
    """Restart, print, and return 1 where something was lost or came too often."""
    parser = parser_of("tests.faults.restart_storm", __doc__)
    parser.add_argument("times", nargs="?", type=int, default=TIMES, help="restarts in all")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-storm-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        halves, are_balanced = storm(folder, words.times)
    figures = {half.name: half.figures() for half in halves}
    print(json.dumps({**figures, "balances_right": are_balanced}), flush=True)
    return 0 if are_balanced and all(half.is_good for half in halves) else 1


if __name__ == "__main__":
    sys.exit(main())
