"""Power cuts in the middle of traffic: what was answered with 250 is not lost, and nothing torn is delivered.

    python -m tests.faults.power_cuts [TIMES] [--seed SEED]

While a client sends, all processes stop at one moment and are killed.  Then everything in the home that was
not synced is taken from it: in the first cut all of it, in the second what chance wants (names, octets from
anywhere in a file, zeros in their place), and in the third the disk had lied besides, about every third file
of content.  The product starts again, and one next hop that was away is back.  What was torn by a lie must be
told and wait; when good copies are put back in its place it comes, too.  TIMES is how often each cut is done.

PostgreSQL answers for its own files: it is killed with the others, and what it wrote stays.  That it syncs
what it commits is asked of it, of every database and of our own connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from lazaretto.delivery.settings import DeliverySettings
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import Settings
from tests.faults.kill_points import HOOK, environment
from tests.faults.losing import APART, Lost, PowerCut
from tests.faults.noting import FOLDER_VARIABLE
from tests.load.processes import tree
from tests.load.product import LAZARETTO, TENANT, Product, SinkProcess
from tests.load.sender import Ledger, Pace, send_all
from tests.load.words import parser_of

TIMES = 10
RATE = 20.0
"""Messages a second."""
CONNECTIONS = 4
BEFORE = 40
"""Messages that are taken before a cut."""
LIES = 1 / 3
"""The share of files of content about which the disk lies, where it does."""
PATIENCE = 240.0
LOOK_EVERY = 0.05
SETTINGS = """\
[edge]
banner_delay = 0.0
[spool]
connections = 4
[delivery]
first_delay = 1.0
longest_delay = 5.0
[content]
inline_max = 2048
chunk_size = 4096
least_free_share = 0.01
"""
"""Nearly every letter goes into a file, most into several chunks."""
LONGEST = 40_000
"""Octets of the longest letter."""
OURS: Final = frozenset({"dns.json", "lazaretto.toml", "load.yaml", "away.yaml", "supervisor.log"})
"""Files in the home that the test made."""
AWAY = TENANT.replace("tenant: load", "tenant: away").replace("customer.example", "away.example")
REPEATS_PER_CUT = DeliverySettings().max_per_destination + CONNECTIONS
"""A cut takes at most so many answers: a next hop's, known and not synced yet, and ours to the client."""
_MESSAGE: Final = re.compile(r"([0-9a-f]{8}-[0-9a-f-]{27})-[0-9a-f]{8}$")
"""Ends the name of a file of content: whose it is, and chance."""


@dataclass(slots=True)
class Cut:
    """One power cut, and what became of the letters before it and after."""

    name: str
    share: float
    lies: bool
    lost: Lost = field(default_factory=Lost)
    torn: set[str] = field(default_factory=set)
    """Ids of messages whose content was torn."""
    set_aside: set[str] = field(default_factory=set)
    """Ids of messages whose content is in ``corrupt``."""
    missing: list[str] = field(default_factory=list)
    """Letters that were answered with 250 and did not come."""
    silent: list[str] = field(default_factory=list)
    """Of these, what was not told as damaged, either, before good copies were put back."""
    wrong: list[str] = field(default_factory=list)
    """Letters that came with other octets than were sent, or with unknown names."""
    repeated: int = 0
    alerts: int = 0
    doctor_tells: bool = False

    @property
    def faults(self) -> list[str]:
        """What is not as promised, in words."""
        told = [f"{name} is lost" for name in self.missing]
        told += [f"{name} is torn, and nobody was told" for name in self.silent]
        told += [f"{name} came changed" for name in self.wrong]
        if self.repeated > REPEATS_PER_CUT:
            told.append(f"{self.repeated} copies too many")
        if self.set_aside and not self.lies:
            told.append(f"accepted and torn: {self.set_aside}")
        if not self.set_aside <= self.torn:
            told.append(f"set aside, and whole: {self.set_aside - self.torn}")
        if self.alerts < len(self.set_aside) or self.doctor_tells != bool(self.set_aside):
            told.append("damage without an alert, or an alert without damage")
        return told

    def figures(self) -> dict[str, Any]:
        """Return what a report says."""
        return {
            "cut": self.name,
            "names_lost": len(self.lost.names),
            "names_returned": len(self.lost.returned),
            "files_torn": len(self.lost.torn),
            "letters_torn": len(self.torn),
            "set_aside": len(self.set_aside),
            "alerts": self.alerts,
            "repeated": self.repeated,
            "faults": self.faults,
        }


@dataclass(slots=True)
class Told:
    """What all cuts came to."""

    cuts: list[Cut]
    synchronous: dict[str, str]
    balances: list[dict[str, Any]]

    @property
    def is_good(self) -> bool:
        """Whether everything is as promised."""
        are_balanced = all(each["right"] for each in self.balances)
        return are_balanced and not any(cut.faults for cut in self.cuts)

    def figures(self) -> dict[str, Any]:
        """Return what a report says."""
        return {
            "cuts": [cut.figures() for cut in self.cuts],
            "synchronous": self.synchronous,
            "balances_right": all(each["right"] for each in self.balances),
        }


class House:
    """A product with two next hops, one of which is away now and then."""

    def __init__(
        self, folder: Path, product: Product, sinks: tuple[SinkProcess, SinkProcess], seed: int
    ) -> None:
        self.product = product
        self._folder = folder
        self._here, self._away = sinks
        self._seed = seed
        self._ledger = Ledger()
        self._is_over = False

    def play(self, cut: Cut) -> Cut:
        """Send, cut in the middle, start again, and return when all has come that can."""
        chooser = random.Random(f"{self._seed} {cut.name}")
        alerts_before, came_before = self._alerts(), Counter(self._came())
        self._away.stop()
        self._is_over = False
        asyncio.run(self._traffic(cut, chooser))
        self._away = SinkProcess.start(self._folder / "away", self._away.port)
        self._settle(lambda: self._missing() <= self._set_aside() and self._waiting() <= self._set_aside())
        cut.set_aside = self._set_aside()
        cut.silent = sorted(self._named(self._missing() - cut.set_aside))
        cut.alerts = self._alerts() - alerts_before
        cut.doctor_tells = "WRONG  stored mail" in self._doctor()
        self._put_back()
        self._settle(lambda: not self._missing() and not self._waiting())
        cut.missing = sorted(self._named(self._missing()))
        came = Counter(self._came()) - came_before
        cut.wrong = [name for name, digest in came if self._ledger.sent.get(name) != digest]
        cut.repeated = sum(came.values()) - len({name for name, _ in came})
        return cut

    def publish(self) -> None:
        """Publish both tenants."""
        self.product.apply_tenant(self._here.port)
        document = self.product.home / "away.yaml"
        document.write_text(AWAY.format(port=self._away.port, addresses="bob@away.example"))
        self.product.command("tenant", "apply", str(document))

    def stop(self) -> None:
        """End what is left of it."""
        self.product.stop()
        self._away.stop()

    def balances(self) -> list[dict[str, Any]]:
        """Return what ``lazaretto reconcile`` says of each tenant."""
        return [json.loads(line) for line in self.product.command("reconcile", "--json").split("\n") if line]

    def synchronous(self) -> dict[str, str]:
        """Return what each database says of syncing what is committed, to a connection like our own."""
        told = {}
        database = Database(Home(self.product.home), Settings())
        for name in ("control", "spool", "trace"):
            with psycopg.connect(database.dsn(name)) as connection:
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
                    told[f"{name} {setting}"] = str(row[0]) if row else ""
                overridden = connection.execute(
                    "SELECT count(*) FROM pg_db_role_setting"
                    " WHERE setconfig::text ~ 'synchronous_commit|fsync|full_page_writes'"
                ).fetchone()
                told[f"{name} overridden"] = str(overridden[0]) if overridden else ""
        return told

    async def _traffic(self, cut: Cut, chooser: random.Random) -> None:
        letters = self._letters(cut.name, random.Random(f"{self._seed} letters {cut.name}"))
        async with asyncio.TaskGroup() as group:
            group.create_task(
                send_all(
                    self.product.port,
                    letters,
                    self._ledger,
                    connections=CONNECTIONS,
                    retry=True,
                    pace=Pace(RATE),
                )
            )
            wanted = len(self._ledger.accepted) + BEFORE
            async with asyncio.timeout(PATIENCE):
                while len(self._ledger.accepted) < wanted:
                    await asyncio.sleep(LOOK_EVERY / 10)
            await asyncio.to_thread(self._strike, cut, chooser)
            self._is_over = True

    def _strike(self, cut: Cut, chooser: random.Random) -> None:
        _end_at_once(self.product.process.pid)
        self.product.process.wait()
        home = self.product.home
        good = self._folder / "good"
        good.mkdir(exist_ok=True)

        def is_lied_about(path: Path) -> bool:
            is_meant = cut.lies and path.is_relative_to(home / "content") and chooser.random() < LIES
            if is_meant:
                shutil.copy(path, good / path.name)
            return is_meant

        power = PowerCut(self._folder / "notes", chooser, cut.share, APART | OURS, is_lied_about)
        cut.lost = power.strike(home)
        cut.torn = {found[1] for path in cut.lost.torn if (found := _MESSAGE.search(path.name))}
        self.product = Product.start(home, SETTINGS, self.product.port)

    def _put_back(self) -> None:
        """Put good copies of damaged files where these were, as an operator does from a backup."""
        for damaged in self._damaged():
            tenant, day, hour, name = damaged.name.split("-", 3)
            shutil.copy(
                self._folder / "good" / name, self.product.home / "content" / tenant / day / hour / name
            )
            damaged.unlink()

    def _damaged(self) -> list[Path]:
        return list(Home(self.product.home).corrupt.glob("*"))

    def _set_aside(self) -> set[str]:
        return {found[1] for path in self._damaged() if (found := _MESSAGE.search(path.name))}

    def _came(self) -> list[tuple[str, str]]:
        sinks = (self._here, self._away)
        return [(name, digest) for sink in sinks for name, digest, _, _ in sink.received()]

    def _missing(self) -> set[str]:
        """Return the ids of messages that were answered with 250 and did not come."""
        came = {name for name, _ in self._came()}
        return {identity for name, identity in self._ledger.queued_as.items() if name not in came}

    def _named(self, identities: set[str]) -> set[str]:
        return {name for name, identity in self._ledger.queued_as.items() if identity in identities}

    def _waiting(self) -> set[str]:
        lines = self.product.command("queue", "list", "--json").split("\n")
        return {json.loads(line)["id"] for line in lines if line}

    def _alerts(self) -> int:
        log = Home(self.product.home).logs / "deliver.log"
        return log.read_text().count("stored content is damaged") if log.exists() else 0

    def _doctor(self) -> str:
        words: list[str | Path] = [LAZARETTO, "doctor", "--home", self.product.home]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    def _letters(self, mark: str, chooser: random.Random) -> Iterator[tuple[str, str, bytes]]:
        number = 0
        while not self._is_over:
            name = f"{mark}-{number}"
            domain = ("customer.example", "away.example")[number % 2]
            yield name, f"bob@{domain}", _letter(name, domain, chooser.randrange(LONGEST))
            number += 1

    def _settle(self, holds: Callable[[], bool]) -> None:
        """Wait until it ``holds``; what does not come about is told by who looks afterwards."""
        deadline = time.monotonic() + PATIENCE
        while not holds() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)


@contextmanager
def house(folder: Path, seed: int) -> Iterator[House]:
    """Give a product with its next hops, all in ``folder``."""
    for name in ("away", "notes"):
        (folder / name).mkdir()
    with ExitStack() as stack:
        sinks = SinkProcess.start(folder), SinkProcess.start(folder / "away")
        stack.callback(sinks[0].stop)
        path = os.pathsep.join(filter(None, (str(HOOK), os.environ.get("PYTHONPATH", ""))))
        with environment({FOLDER_VARIABLE: str(folder / "notes"), "PYTHONPATH": path}):
            made = House(folder, Product.start(folder / "home", SETTINGS), sinks, seed)
            stack.callback(lambda: made.stop())
            made.publish()
            yield made


def cut_power(folder: Path, times: int, seed: int) -> Told:
    """Cut the power ``times`` times in each way; return what became of it."""
    with house(folder, seed) as made:
        synchronous = made.synchronous()
        cuts = [made.play(cut) for number in range(times) for cut in _ways(number)]
        return Told(cuts, synchronous, made.balances())


def _ways(number: int) -> tuple[Cut, Cut, Cut]:
    return (
        Cut(f"all{number}", share=1.0, lies=False),
        Cut(f"some{number}", share=0.5, lies=False),
        Cut(f"lies{number}", share=0.5, lies=True),
    )


def _end_at_once(root: int) -> None:
    """Stop a process and all below it where they are, then kill them; return when none is left."""
    stopped: set[int] = set()
    while new := set(tree(root)) - stopped:
        for pid in new:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= new
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while any(map(_is_alive, stopped)) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY / 10)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _letter(name: str, domain: str, size: int) -> bytes:
    head = (
        f"From: Ann Baker <ann@partner.example>\r\nTo: bob@{domain}\r\nSubject: minutes\r\n"
        f"Message-ID: <{name}@partner.example>\r\n\r\nSee you on Tuesday.\r\n"
    )
    line = "the mill sends two quotes for the oats, as we said.\r\n"
    return (head + line * (size // len(line))).encode()


def main() -> int:
    """Cut, print, and return 1 where something was not as promised."""
    parser = parser_of("tests.faults.power_cuts", __doc__)
    parser.add_argument("times", nargs="?", type=int, default=TIMES, help="cuts of each kind")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="as an earlier one printed"
    )
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-power-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        told = cut_power(folder, words.times, words.seed)
    print(json.dumps({"seed": words.seed, **told.figures()}), flush=True)
    return 0 if told.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
