"""The sink of the load tests that thinks before it answers, and writes down what a kill may have cut off.

Runs as ``python -m tests.integration.timed_sink PORT LEDGER``; beside LEDGER it writes one line for each
thing that it sees: when, on which connection, and what.  A message was taken; its sender went on, so it has
read the answer; the connection ended.  Who counts the messages whose sender did not go on knows, without a
word of ours, which of them were in doubt.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import uvloop

from lazaretto.testing.ports import free_port
from tests.load.product import SinkProcess
from tests.load.sink import Content, Sink

SUFFIX = ".seen"
THINKS = 0.02
"""Seconds between a message and the answer to it, as where content is looked at: time to be cut off in."""
TAKEN, WENT_ON, ENDED = "taken", "went-on", "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message that came."""

    at: float
    connection: str
    identity: str
    """Our queue id of it."""
    was_answered: bool = False
    """Its sender said something afterwards, so it has read the answer."""
    ended_at: float = 0.0
    """When the connection ended, if this was the last thing on it; 0 while it is open."""

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether its sender may have gone away without the answer."""
        return not self.was_answered and self.ended_at > 0


class _SeeingSink(Sink):
    """One session that is written down."""

    def __init__(self, number: int, ledger: IO[str], seen: IO[str]) -> None:
        super().__init__(ledger, None)
        self._number = number
        self._seen = seen
        self._is_unread = False

    def _answer_content(self, content: Content) -> None:
        self._see(f"{TAKEN} {self.identity_of(content)}")
        self._is_unread = True
        asyncio.get_running_loop().call_later(THINKS, super()._answer_content, content)

    def _command(self, line: bytes) -> None:
        if self._is_unread:
            self._is_unread = False
            self._see(WENT_ON)
        super()._command(line)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._see(ENDED)

    def _see(self, what: str) -> None:
        self._seen.write(f"{time.time():.6f} {self._number} {what}\n")
        self._seen.flush()


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
    found: list[Arrival] = []
    last: dict[str, int] = {}
    for line in Path(f"{sink.ledger}{SUFFIX}").read_text().splitlines():
        at, connection, what, *more = line.split()
        if what == TAKEN:
            last[connection] = len(found)
            found.append(Arrival(at=float(at), connection=connection, identity=more[0]))
        elif (place := last.pop(connection, None)) is not None:
            known = found[place]
            found[place] = replace(known, was_answered=what == WENT_ON, ended_at=float(at))
    return found


async def _serve(port: int, ledger_path: str) -> None:
    numbers = itertools.count()
    with open(ledger_path, "a", encoding="utf-8") as ledger, open(ledger_path + SUFFIX, "a") as seen:
        server = await asyncio.get_running_loop().create_server(
            lambda: _SeeingSink(next(numbers), ledger, seen), "127.0.0.1", port
        )
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2]))
