"""The portals on a demonstration with a million messages: every page's weight and time, then a crowd.

    python -m tests.load.portal [--messages N] [--seconds S] [--home FOLDER]

Starts the demonstration, fills its trace, signs in as its people and walks all pages that can be reached by
links: what a browser without a cache fetches for each, and how long the server takes alone and warm.  Then
fifty administrators and two hundred end users use them at once, each with pauses for reading.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from lazaretto.testing.ports import free_port
from tests.load.processes import usage_of
from tests.load.visiting import Visitor

MESSAGES: Final = 1_000_000
ADMINISTRATORS, END_USERS = 50, 200
TENANT, DOMAIN = "demo", "customer.example"
_PEOPLE: Final = {
    "operator": "operator@platform.example",
    "administrator": "admin@customer.example",
    "end user": "alice@customer.example",
}
HEAVIEST: Final = 300_000
SLOWEST: Final = 1.0
_THINKING: Final = (4.0, 12.0)
"""Seconds for which somebody reads a page."""
_TIMES: Final = 3


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One that runs."""

    base: str
    home: Path
    passwords: dict[str, str]
    pid: int

    def visitor(self, role: str) -> Visitor:
        """Return somebody who just signed in."""
        visitor = Visitor(self.base)
        visitor.sign_in(_PEOPLE[role], self.passwords[_PEOPLE[role]])
        if role == "operator":
            visitor.post(f"/act-for/{TENANT}", {})
        return visitor


@contextmanager
def demonstration(home: Path) -> Iterator[Demonstration]:
    """Run the demonstration with its month of mail in ``home``."""
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    smtp, mailbox, http = (free_port() for _port in range(3))
    (home / "lazaretto.toml").write_text(
        f'[listen]\nsmtp = "127.0.0.1:{smtp}"\nmailbox = "127.0.0.1:{mailbox}"\nhttp = "127.0.0.1:{http}"\n'
        # All of them come from one address here.
        "[web]\nrequests_per_minute = 1000000\n",
        encoding="utf-8",
    )
    told = home / "told"
    command = [sys.executable, "-m", "lazaretto.cli.main", "demo", "run", "--home", str(home)]
    with told.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _await(process, told, "These demo accounts")
        fills = "A month of mail is being filled in" in told.read_text()
        if fills:
            _await(process, home / "log" / "demo-fill.log", "filled:")
        found = dict(re.findall(r"^\s+(\S+@\S+)\s+(\w{4}-\w{4}-\w{4}-\w{4}) ", told.read_text(), re.M))
        yield Demonstration(f"http://localhost:{http}", home, found, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def _await(process: subprocess.Popen[bytes], file: Path, words: str, patience: float = 1_800) -> None:
    deadline = time.monotonic() + patience
    while words not in (file.read_text(errors="replace") if file.exists() else ""):
        assert process.poll() is None, file.read_text()
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.5)


def fill_trace(home: Path, count: int) -> None:
    """Give the demonstration's tenant ``count`` messages more, and wait until they are counted."""
    from lazaretto.run.database import Database
    from lazaretto.run.home import Home
    from lazaretto.run.settings import load_settings
    from tests.load.trace_fill import fill

    database = Database(Home(home), load_settings(Home(home)))
    with psycopg.connect(database.dsn("control"), autocommit=True) as connection:
        (tenant,) = connection.execute("SELECT id FROM tenant WHERE name = %s", [TENANT]).fetchone() or (0,)
    asyncio.run(fill(database.dsn("trace"), count, tenant=int(tenant), domains=[DOMAIN]))
    with psycopg.connect(database.dsn("trace"), autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM traffic_to_count").fetchone() != (0,):
            time.sleep(1)


class Walk:
    """Everything that one role reaches by links, each page once."""

    def __init__(self, visitor: Visitor, pid: int) -> None:
        self._visitor = visitor
        self._pid = pid
        self.pages: dict[str, dict[str, Any]] = {}

    def walk(self, beginning: str) -> None:
        """Look at every page that can be reached from ``beginning``."""
        waiting, seen = [beginning], {beginning}
        while waiting:
            path = waiting.pop(0)
            answer = self._visitor.follow(path)
            name = kind_of(path)
            if "text/html" not in answer.headers.get("content-type", "") or name in self.pages:
                continue
            self.pages[name] = self._measured(path)
            for link in answer.links(self._visitor.base + path):
                if link not in seen and kind_of(link) not in self.pages and _is_page(link):
                    seen.add(link)
                    waiting.append(link)

    def _measured(self, path: str) -> dict[str, Any]:
        used = self._used()
        answers = [self._visitor.follow(path) for _ in range(_TIMES)]
        cpu = (self._used() - used) / _TIMES
        return {
            "status": answers[-1].status,
            "kB": round(self._visitor.weight_of(answers[-1], self._visitor.base + path) / 1_000, 1),
            "ms": round(1_000 * statistics.median(each.seconds for each in answers)),
            "cpu_ms": round(1_000 * cpu),
        }

    def _used(self) -> float:
        used = usage_of(self._pid).cpu
        return sum(seconds for role, seconds in used.items() if role in ("web", "postgres", "postgresql"))


def _is_page(link: str) -> bool:
    is_asset = link.startswith(("/static/", "/api/", "/account/sign-out", "/sign-out"))
    return not is_asset and "export=csv" not in link and "cursor=" not in link and "/act-for" not in link


def kind_of(path: str) -> str:
    """Return which page a path is of: the same for all messages, copies and versions."""
    bare = path.partition("?")[0]
    bare = re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)", "/ID", bare)
    bare = re.sub(r"/[^/]*(?:@|\.example)[^/]*", "/NAME", bare)
    return re.sub(r"/\d+(?=/|$)", "/N", bare)


@dataclass(slots=True)
class Crowd:
    """Many people at once."""

    base: str
    wall: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, cookies: dict[str, str], journey: Sequence[str], until: float, seed: int) -> None:
        """Go through ``journey`` again and again, from a place of one's own, with pauses."""
        chance, visitor = random.Random(seed), Visitor(self.base, dict(cookies))
        time.sleep(chance.uniform(0, _THINKING[1]))
        step = chance.randrange(len(journey))
        while time.monotonic() < until:
            self._step(visitor, journey[step % len(journey)])
            step += 1
            time.sleep(chance.uniform(*_THINKING))

    def _step(self, visitor: Visitor, path: str) -> None:
        try:
            answer = visitor.follow(path)
            problem = (
                "" if answer.status == 200 and "/sign-in" not in answer.text[:600] else str(answer.status)
            )
        except Exception as failure:
            answer, problem = None, type(failure).__name__
        with self._lock:
            if problem:
                self.errors[f"{kind_of(path)}: {problem}"] += 1
            elif answer is not None:
                self.wall.setdefault(kind_of(path), []).append(answer.seconds)


def journeys(demo: Demonstration) -> dict[str, tuple[dict[str, str], list[str]]]:
    """Return what administrators and end users do, with the cookies of one session for each kind."""
    administrator, end_user = demo.visitor("administrator"), demo.visitor("end user")
    at = f"/t/{TENANT}"
    messages = _links(administrator, f"{at}/messages", rf"^{at}/messages/[0-9a-f-]{{36}}$")
    copies = _links(administrator, f"{at}/quarantine", rf"^{at}/quarantine/[0-9a-f-]{{36}}$")
    own = _links(end_user, "/q/", r"^/q/.*[0-9a-f-]{36}$")
    administrators = [
        f"{at}/dashboard", f"{at}/dashboard?period=30d", f"{at}/messages", f"{at}/messages?verdict=spam",
        f"{at}/messages?sender=user5%40sender7.example", f"{at}/messages?recipient=alice%40{DOMAIN}",
        f"{at}/messages?subject=invoice", *messages[:3], f"{at}/quarantine", *copies[:3], f"{at}/queue",
        f"{at}/audit", f"{at}/domains", f"{at}/addresses",
    ]  # fmt: skip
    return {
        "administrator": (administrator.cookies, administrators),
        "end user": (end_user.cookies, ["/q/", *own[:4], "/account"]),
    }


def _links(visitor: Visitor, path: str, pattern: str) -> list[str]:
    found = visitor.follow(path).links(visitor.base + path)
    return [each for each in found if re.search(pattern, each)]


def crowd(demo: Demonstration, seconds: float) -> dict[str, Any]:
    """Let all of them use the portals for so long; return the figures."""
    many, people = Crowd(demo.base), journeys(demo)
    numbers = {"administrator": ADMINISTRATORS, "end user": END_USERS}
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=many.use, args=(*people[kind], until, seed), daemon=True)
        for kind, count in numbers.items()
        for seed in range(count)
    ]
    used = usage_of(demo.pid).cpu
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = {role: cpu - used.get(role, 0.0) for role, cpu in usage_of(demo.pid).cpu.items()}
    every = sorted(each for times in many.wall.values() for each in times)
    return {
        "administrators": ADMINISTRATORS,
        "end_users": END_USERS,
        "seconds": seconds,
        "answers": len(every),
        "errors": dict(many.errors),
        "p50_ms": round(1_000 * every[len(every) // 2]),
        "p95_ms": round(1_000 * every[int(len(every) * 0.95)]),
        "p95_ms_of": {
            name: round(1_000 * sorted(times)[int(len(times) * 0.95)])
            for name, times in sorted(many.wall.items())
        },
        "cpu_seconds": {role: round(cpu, 1) for role, cpu in spent.items() if cpu >= 0.1},
    }


def walk(demo: Demonstration) -> dict[str, Any]:
    """Walk all pages; return the figures of each and what is above the limits."""
    beginnings = {"administrator": f"/t/{TENANT}/", "operator": "/platform/tenants", "end user": "/q/"}
    pages: dict[str, Any] = {}
    for role, beginning in beginnings.items():
        walked = Walk(demo.visitor(role), demo.pid)
        walked.walk(beginning)
        pages |= {name: figures for name, figures in walked.pages.items() if name not in pages}
    return {
        "pages": pages,
        "too_heavy": [name for name, each in pages.items() if each["kB"] * 1_000 > HEAVIEST],
        "too_slow": [name for name, each in pages.items() if each["ms"] > 1_000 * SLOWEST],
        "failed": [name for name, each in pages.items() if each["status"] >= 400],
    }


def main() -> None:
    """Fill, walk, let the crowd in, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--home", type=Path, help="a folder to keep, or one that was filled before")
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp(prefix="lazaretto-portal-"))
    is_filled = (home / "filled").exists()
    try:
        with demonstration(home) as demo:
            if not is_filled:
                fill_trace(home, asked.messages)
                (home / "filled").touch()
            told = {"messages": asked.messages, "walk": walk(demo), "crowd": crowd(demo, asked.seconds)}
    finally:
        if asked.home is None:
            shutil.rmtree(home, ignore_errors=True)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    if told["walk"]["failed"] or told["crowd"]["errors"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
