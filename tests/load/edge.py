"""What the edge alone costs: CPU per small message, rate of a large one, memory of idle sessions.

    .venv/bin/python -m tests.load.edge [messages]

The client is another process, so that only the edge's CPU is counted.  Look and commit do nothing;
the intake counts octets and forgets them.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import resource
import socket
import sys
import time
from pathlib import Path

import uvloop

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission
from lazaretto.edge.seams import Seams
from lazaretto.edge.server import EdgeServer, ListenAddress, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.testing.edge_fakes import ACME, FixedDirectory

LINE = b"The quick brown fox jumps over the lazy dog, seventy-two characters wide.\r\n"
HEADER = b"".join(b"X-Field-%d: some words of a header field that is not short\r\n" % n for n in range(20))
SMALL = HEADER + b"\r\n" + LINE * 115
LARGE = HEADER + b"\r\n" + LINE * (49_990_000 // len(LINE))
COMMANDS = (
    b"EHLO sender.example\r\n",
    b"MAIL FROM:<ann@sender.example>\r\n",
    b"RCPT TO:<bob@customer.example>\r\n",
    b"DATA\r\n",
)


class CountingIntake:
    """Counts octets."""

    def __init__(self) -> None:
        self._size = 0

    def write(self, octets: bytes, /) -> None:
        """Count more."""
        self._size += len(octets)

    def finish(self) -> ReceivedContent:
        """Return the count."""
        return ReceivedContent(size=self._size, sha256=hashlib.sha256(b"").digest(), octets=b"")

    def abort(self) -> None:
        """Forget the count."""


async def _look(_submission: Submission) -> Judgement | None:
    return None


async def _commit(_submission: Submission, _judgement: Judgement | None) -> None:
    return None


async def _refuse(_submission: Submission, _judgement: Judgement | None, _reply: Reply) -> None:
    return None


def _send(port: int, message: bytes, count: int, results: multiprocessing.Queue[float]) -> None:
    began = time.perf_counter()
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.recv(1000)
        for command in COMMANDS:
            connection.sendall(command)
            connection.recv(1000)
        connection.sendall(message + b".\r\n")
        if not connection.recv(1000).startswith(b"250 "):
            raise SystemExit("not accepted")
        connection.sendall(b"QUIT\r\n")
        connection.recv(1000)
        connection.close()
    results.put(time.perf_counter() - began)


async def _measure(edge: EdgeServer, name: str, message: bytes, count: int) -> None:
    results: multiprocessing.Queue[float] = multiprocessing.Queue()
    arguments = (edge.addresses[0].port, message, count, results)
    client = multiprocessing.get_context("fork").Process(target=_send, args=arguments)
    before = time.process_time()
    client.start()
    took = await asyncio.to_thread(results.get)
    cpu = time.process_time() - before
    await asyncio.to_thread(client.join)
    rate = len(message) * count / took / 1e6
    print(f"{name}: {cpu / count * 1000:.3f} ms CPU per message, {count / took:.0f}/s, {rate:.0f} MB/s")
    print(f"  {len(message) * count / cpu / 1e6:.0f} MB per second of CPU")


async def _measure_idle(edge: EdgeServer, count: int) -> None:
    before = _resident()
    address = edge.addresses[0]
    idle = []
    for number in range(count):
        source = f"127.0.{number // 200}.{number % 200 + 1}"
        idle.append(
            await asyncio.open_connection(address.host, address.port, local_addr=(source, 0), limit=1024)
        )
    await asyncio.sleep(0.5)
    print(f"{count} idle connections: {(_resident() - before) / 1e6:.1f} MB for both ends")
    for _, writer in idle:
        writer.transport.abort()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def main(count: int) -> None:
    """Measure and print."""
    seams = Seams(
        directory=FixedDirectory(ACME), new_intake=CountingIntake, look=_look, commit=_commit, refuse=_refuse
    )
    settings = EdgeSettings(banner_delay=0, max_connections=5_000)
    edge = serve_edge(
        settings, seams, [ListenAddress("127.0.0.1", 0)], host_name="mx.example", hop_key=b"key"
    )
    await edge.start()
    await _measure(edge, "warm-up", SMALL, 200)
    await _measure(edge, f"{len(SMALL)} octets", SMALL, count)
    await _measure(edge, f"{len(LARGE)} octets", LARGE, 5)
    await _measure_idle(edge, 1_000)
    await edge.close()
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000))
