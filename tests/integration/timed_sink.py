"""The sink of the load tests that also writes down when, and over which connection, each message came.

Runs as ``python -m tests.integration.timed_sink PORT LEDGER``; beside LEDGER it writes one line per
message: the time, the number of the connection, and the id under which the message was queued.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import uvloop

from lazaretto.testing.ports import free_port
from tests.load.product import SinkProcess
from tests.load.sink import Sink

SUFFIX = ".times"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that came."""

    at: float
    identity: str
    """Our queue id of it."""
    was_last: bool
    """Nothing came after it over its connection: its sender need not have read the answer."""


class _Noted:
    """The ledger as one connection sees it."""

    def __init__(self, number: int, ledger: IO[str], times: IO[str]) -> None:
        self._number = number
        self._ledger = ledger
        self._times = times

    def write(self, line: str) -> None:
        self._ledger.write(line)
        self._times.write(f"{time.time():.6f} {self._number} {line.split()[-1]}\n")

    def flush(self) -> None:
        self._ledger.flush()
        self._times.flush()


def started(folder: Path) -> SinkProcess:
    """Return a timed sink in a process of its own."""
    port, ledger = free_port(), folder / "sink.ledger"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.timed_sink", str(port), str(ledger)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    process.stdout.readline()
    return SinkProcess(port, ledger, process)


def arrivals(sink: SinkProcess) -> list[Arrival]:
    """Return everything that came, in order."""
    lines = [line.split() for line in Path(f"{sink.ledger}{SUFFIX}").read_text().splitlines()]
    over: dict[str, int] = defaultdict(int)
    for number, (_, connection, _) in enumerate(lines):
        over[connection] = number
    return [
        Arrival(float(at), identity, was_last=over[connection] == number)
        for number, (at, connection, identity) in enumerate(lines)
    ]


async def _serve(port: int, ledger_path: str) -> None:
    numbers = itertools.count()
    with open(ledger_path, "a", encoding="utf-8") as ledger, open(ledger_path + SUFFIX, "a") as times:
        server = await asyncio.get_running_loop().create_server(
            lambda: Sink(cast(IO[str], _Noted(next(numbers), ledger, times)), None), "127.0.0.1", port
        )
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2]))
