"""``make faults``: every process dies at each of its named points, again and again; nothing may be lost.

    python -m tests.faults.kill_points [TIMES [SECONDS]]

Each round arms one point on the way to the 250 and one on the way out of the house, sends one letter, and
sends it again until it is answered with 250, as every client does.  Both processes die and are started
again; the letter must come once, and once more only where a kill cut off an answer.  Rounds meet all
pairs of points in turn.  It ends after SECONDS, if they are given, with what was done until then.
"""

from __future__ import annotations

import json
import os
import secrets
import smtplib
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.points import ACCEPTING, DEAD_SUFFIX, DELIVERING, FOLDER_VARIABLE, Point
from tests.load.product import Product, SinkProcess
from tests.load.words import parser_of

TIMES = 50
HOOK = Path(__file__).with_name("hook")
PATIENCE = 240.0
LOOK_EVERY = 0.01
LARGE = 200_000
"""Octets of a letter that does not go into a row."""
SETTINGS = """\
[edge]
banner_delay = 0.0
[delivery]
first_delay = 1.0
longest_delay = 5.0
[content]
least_free_share = 0.01
"""


@dataclass(slots=True)
class Round:
    """One letter and the two points on its way."""

    name: str
    points: tuple[Point, Point]
    answers: list[str] = field(default_factory=list)
    first_greeting: float | None = None
    """Seconds from the end of the edge to the next 220, where it was the edge that died."""
    copies: int = 0

    @property
    def wanted(self) -> int:
        """How many copies must come: one more for each answer that a kill cut off."""
        return 1 + sum(point.copies - 1 for point in self.points)


@dataclass(slots=True)
class Told:
    """What all rounds came to."""

    rounds: list[Round] = field(default_factory=list)
    balance: list[dict[str, Any]] = field(default_factory=list)
    broken_off: str = ""
    """What did not happen in time, if something did not."""

    @property
    def lost(self) -> list[str]:
        """Letters that were answered with 250 and never came."""
        return [each.name for each in self.rounds if each.copies == 0]

    @property
    def wrong(self) -> list[str]:
        """Letters that came more or less often than the points allow."""
        return [
            f"{each.name} came {each.copies} times, not {each.wanted}"
            for each in self.rounds
            if each.copies != each.wanted
        ]

    @property
    def greetings(self) -> list[float]:
        """Seconds from each death of an edge to the first 220, in order of length."""
        return sorted(each.first_greeting for each in self.rounds if each.first_greeting is not None)

    def figures(self) -> dict[str, Any]:
        """Return what a report says."""
        kills = Counter(point.name for each in self.rounds for point in each.points)
        repeats: Counter[str] = Counter()
        for each in self.rounds:
            for point in each.points:
                repeats[point.name] += point.copies - 1
        greetings = self.greetings
        return {
            "rounds": len(self.rounds),
            "kills": dict(kills),
            "lost": self.lost,
            "wrong": self.wrong,
            "copies_more": sum(each.copies - 1 for each in self.rounds),
            "copies_more_by_point": {name: count for name, count in repeats.items() if count},
            "first_220_seconds": {
                "median": round(statistics.median(greetings), 2),
                "longest": round(greetings[-1], 2),
            }
            if greetings
            else {},
            "broken_off": self.broken_off,
            "balances_right": all(each["right"] for each in self.balance),
        }


class House:
    """A product whose processes die where ``armed`` says."""

    def __init__(self, product: Product, sink: SinkProcess, armed: Path) -> None:
        self.product = product
        self.sink = sink
        self._armed = armed

    def meet(self, number: int) -> Round:
        """Send one letter past two points; return when it has come as often as it must."""
        name = f"k{number}-{secrets.token_hex(4)}"
        points = pair(number)
        played = Round(name, points)
        for point in points:
            (self._armed / point.name).touch()
        self._send(played, _letter(name, is_large=points[0].is_large))
        for point in points:
            self._await(lambda point=point: self._is_dead(point), f"{name}: nobody died at {point.name}")
            (self._armed / (point.name + DEAD_SUFFIX)).unlink()
        with suppress(TimeoutError):  # What does not come is told with the others.
            self._await(lambda: self._copies(name) >= played.wanted, "")
        played.copies = self._copies(name)
        return played

    def end(self, told: Told) -> None:
        """Wait until nothing is under way, and count all copies once more: one too many may come late."""
        self._await(lambda: not self.product.command("queue", "list", "--json").strip(), "the queue stays")
        for each in told.rounds:
            each.copies = self._copies(each.name)
        lines = self.product.command("reconcile", "--json").split("\n")
        told.balance = [json.loads(line) for line in lines if line]

    def _send(self, played: Round, letter: bytes) -> None:
        died: float | None = None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with smtplib.SMTP("127.0.0.1", self.product.port, timeout=PATIENCE) as client:
                    if died is not None and played.first_greeting is None:
                        played.first_greeting = time.monotonic() - died
                    client.sendmail("ann@partner.example", ["bob@customer.example"], letter)
                    played.answers.append("250")
                    break
            except smtplib.SMTPResponseException as refused:
                if 400 <= refused.smtp_code < 500 or refused.smtp_code == -1:
                    played.answers.append(str(refused.smtp_code))
                else:
                    raise
            except (OSError, smtplib.SMTPException):
                if played.points[0].role == "edge" and died is None:
                    died = time.monotonic()
                    played.answers.append("lost")
            time.sleep(LOOK_EVERY)
        else:
            raise TimeoutError(f"{played.name} is not accepted: {played.answers[-5:]}")

    def _is_dead(self, point: Point) -> bool:
        return (self._armed / (point.name + DEAD_SUFFIX)).exists()

    def _copies(self, name: str) -> int:
        return sum(each == name for each, _, _, _ in self.sink.received())

    def _await(self, holds: Any, problem: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(problem)
            time.sleep(LOOK_EVERY)


def pair(number: int) -> tuple[Point, Point]:
    """Return the points of a round: every seven rounds each point once, every 49 each pair."""
    count = len(ACCEPTING)
    return ACCEPTING[number % count], DELIVERING[(number + number // count) % len(DELIVERING)]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Give a product with its next hop, both in ``folder``."""
    armed = folder / "armed"
    armed.mkdir()
    with ExitStack() as stack:
        sink = SinkProcess.start(folder)
        stack.callback(sink.stop)
        path = os.pathsep.join(filter(None, (str(HOOK), os.environ.get("PYTHONPATH", ""))))
        with environment({FOLDER_VARIABLE: str(armed), "PYTHONPATH": path}):
            product = Product.start(folder / "home", SETTINGS)
        stack.callback(product.stop)
        product.apply_tenant(sink.port)
        yield House(product, sink, armed)


def kill(folder: Path, times: int, seconds: float = 1e9) -> Told:
    """Kill ``times`` times at each point; return what became of it."""
    told = Told()
    until = time.monotonic() + seconds
    with house(folder) as made:
        for number in range(times * len(ACCEPTING)):
            if time.monotonic() > until:
                break
            try:
                told.rounds.append(made.meet(number))
            except TimeoutError as failure:
                told.broken_off = str(failure)
                break
        made.end(told)
    return told


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Have these variables set, for whoever is started in the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _letter(name: str, *, is_large: bool) -> bytes:
    head = (
        f"X-Test-Id: {name}\r\nFrom: Ann Baker <ann@partner.example>\r\nTo: bob@customer.example\r\n"
        f"Subject: minutes\r\nMessage-ID: <{name}@partner.example>\r\n\r\nSee you on Tuesday.\r\n"
    )
    line = "the mill sends two quotes for the oats, as we said.\r\n"
    return (head + line * (LARGE // len(line) if is_large else 3)).encode()


def main() -> int:
    """Kill, print, and return 1 where something was lost or came too often."""
    parser = parser_of("tests.faults.kill_points", __doc__)
    parser.add_argument("times", nargs="?", type=int, default=TIMES, help="kills at each point")
    parser.add_argument("seconds", nargs="?", type=float, default=1e9, help="when to end, if not before")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        told = kill(folder, words.times, words.seconds)
    figures = told.figures()
    print(json.dumps(figures), flush=True)
    is_good = figures["balances_right"] and not (told.lost or told.wrong or told.broken_off)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
