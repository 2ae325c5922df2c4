"""How long Track and Trace takes to find messages among millions.

    python -m tests.load.trace [--messages N] [--home FOLDER]

Fills the trace of one tenant with thirty days of mail and asks what people ask: each of the fourteen search
fields and each two of them together, the first page of fifty stories, the one after it, and one half a month
back.  Times are of the clock, and beside them those of the processors, for who shares the machine with
others.  A folder that was filled before is asked again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.migrate import prepare
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.search import Place, Search
from lazaretto.journal.trace import Trace, TracedMessage
from lazaretto.journal.traffic_counts import TrafficCounts
from tests.load.processes import usage_of
from tests.load.trace_asking import DOMAINS, searches
from tests.load.trace_fill import fill

TENANT: Final = TenantId(1)
TRACE_SEARCHES: Final = "trace-searches"
MESSAGES: Final = 1_000_000
REPEATS: Final = 6
_PAGE: Final = 51
_HOURS: Final = {"dashboard 24 h": 24, "dashboard 30 d": 720, "dashboard 12 m": 8_760}


@dataclass(slots=True)
class Taken:
    """Milliseconds of what was asked, by its name."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: float = 0.0
    """Seconds, of all that was asked: PostgreSQL's and ours."""
    slowest: tuple[float, str] = (0.0, "")

    def note(self, name: str, milliseconds: float, what: object) -> None:
        """Take down one answer."""
        self.wall.setdefault(name, []).append(milliseconds)
        self.slowest = max(self.slowest, (milliseconds, f"{name}: {what}"))

    def p95(self, names: Sequence[str] = ()) -> float:
        """Return what nineteen of twenty answers took at most; of all names, or of some."""
        every = sorted(
            each for name, times in self.wall.items() if not names or name in names for each in times
        )
        return every[int(len(every) * 0.95)]

    def told(self) -> dict[str, object]:
        """Return the figures."""
        answers = sum(map(len, self.wall.values()))
        worst = sorted(self.wall, key=lambda name: -max(self.wall[name]))
        return {
            "answers": answers,
            "p95_ms": round(self.p95()),
            "cpu_ms_each": round(self.cpu * 1_000 / answers, 1),
            "over_1_s": sum(each > 1_000 for times in self.wall.values() for each in times),
            "worst_ms": {name: round(max(self.wall[name])) for name in worst[:12]},
            "slowest": self.slowest[1],
        }


class Asking:
    """Asks a filled trace, and takes down how long that takes."""

    def __init__(self, server: EmbeddedServer, count: int) -> None:
        self._server = server
        self._count = count
        self._pool = Pool(server.dsn("trace"), 1)
        self.taken: dict[str, Taken] = {}

    async def everything(self) -> None:
        """Ask for pages of stories, then for figures."""
        trace, counts = Trace(self._pool), TrafficCounts(self._pool)
        chance = random.Random(3)
        for name, asked in searches(self._count, REPEATS):
            search = Search(tenant=TENANT, limit=_PAGE, **asked)
            first = await self._timed("first pages", name, asked, lambda search=search: trace.find(search))
            for page, after in self._places(first, chance):
                further = Search(tenant=TENANT, limit=_PAGE, after=after, **asked)
                await self._timed(page, name, asked, lambda further=further: trace.find(further))
        while await self._timed("counting", "50 hours", "", counts.count_once):
            pass
        until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        for name, hours in _HOURS.items():
            since = until - timedelta(hours=hours)
            for _ in range(REPEATS):
                await self._timed(
                    "dashboards", name, "", lambda since=since: counts.read(TENANT, since, until)
                )
        await self._pool.close()

    def _places(self, first: Sequence[TracedMessage], chance: random.Random) -> list[tuple[str, Place]]:
        if len(first) < _PAGE:
            return []
        last = first[-2]
        back = datetime.now(UTC) - timedelta(days=chance.uniform(10, 20))
        return [
            ("second pages", Place(last.received_at, UUID(last.id))),
            ("deep pages", Place(back, UUID(last.id))),
        ]

    async def _timed(self, kind: str, name: str, what: object, ask: Callable[[], Awaitable[Any]]) -> Any:
        taken = self.taken.setdefault(kind, Taken())
        used, began = self._used(), time.perf_counter()
        found = await ask()
        took = (time.perf_counter() - began) * 1_000
        taken.cpu += self._used() - used
        taken.note(name, took, what)
        return found

    def _used(self) -> float:
        assert self._server.pid is not None
        return sum(usage_of(self._server.pid).cpu.values()) + time.process_time()


def trace_searches(count: int = MESSAGES, folder: Path | None = None) -> dict[str, object]:
    """Fill, measure and return the figures of ``make bench``; a ``folder`` is kept."""
    home = folder or Path(tempfile.mkdtemp(prefix="lazaretto-bench-"))
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    server = EmbeddedServer(home)
    is_filled = server.is_made()
    server.start()
    try:
        prepare(server)
        if not is_filled:
            asyncio.run(fill(server.dsn("trace"), count, tenant=TENANT, domains=DOMAINS))
        asking = Asking(server, count)
        asyncio.run(asking.everything())
    finally:
        cluster = server.cluster
        server.stop()
        if folder is None:
            shutil.rmtree(cluster.data.parent, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
    return {
        "workload": TRACE_SEARCHES,
        "messages": count,
        **{kind: taken.told() for kind, taken in asking.taken.items()},
    }


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--home", type=Path, help="a folder to keep what is filled in, or filled before")
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(trace_searches(asked.messages, asked.home), indent=1) + "\n")


if __name__ == "__main__":
    main()
