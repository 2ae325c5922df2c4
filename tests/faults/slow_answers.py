"""A next hop that takes minutes to say 250: nothing comes twice, and other tenants do not wait for it.

    python -m tests.faults.slow_answers [MINUTES [MESSAGES]]

First letters go to a good next hop alone, then while a second tenant's next hop lets every letter wait for
its answer.  Told are the seconds from 250 to arrival of the first tenant's mail, without and with it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.load.product import TENANT, Product, SinkProcess
from tests.load.sender import Conversation, marked
from tests.load.words import parser_of

MINUTES = 9.0
MESSAGES = 60
SLOW_MESSAGES = 5
"""As many as are sent to a next hop at a time before it ever answered."""
LOOK_EVERY = 0.01
PATIENCE = 300.0
SETTINGS = "[content]\nleast_free_share = 0.01\n"
SLOW = TENANT.replace("tenant: load", "tenant: slow").replace("customer.example", "slow.example")


@dataclass(slots=True)
class Told:
    """What was seen."""

    alone: list[float] = field(default_factory=list)
    """Seconds from 250 to arrival, without the slow tenant."""
    beside: list[float] = field(default_factory=list)
    copies_of_slow: Counter[str] = field(default_factory=Counter)
    waiting_at_end: int = 0

    def figures(self) -> dict[str, Any]:
        """Return what a report says."""
        return {
            "alone": _quantiles(self.alone),
            "beside": _quantiles(self.beside),
            "slow_letters": len(self.copies_of_slow),
            "repeated": sum(self.copies_of_slow.values()) - len(self.copies_of_slow),
            "waiting_at_end": self.waiting_at_end,
        }


def _quantiles(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(seconds), 3),
        "p95": round(statistics.quantiles(seconds, n=20)[-1], 3),
    }


async def watch(folder: Path, seconds: float, messages: int, settings: str = SETTINGS) -> Told:
    """Return what became of letters to two tenants, one of whose next hops answers after ``seconds``."""
    told = Told()
    sink = SinkProcess.start(folder)
    product = await asyncio.to_thread(Product.start, folder / "home", settings)
    try:
        await asyncio.to_thread(product.apply_tenant, sink.port)
        async with SlowHop(seconds) as hop:
            document = product.home / "slow.yaml"
            document.write_text(SLOW.format(port=hop.port, addresses="bob@slow.example"))
            await asyncio.to_thread(product.command, "tenant", "apply", str(document))
            await _good_letters(product, sink, messages, "warm")
            told.alone = await _good_letters(product, sink, messages, "alone")
            for number in range(SLOW_MESSAGES):
                await _send(product.port, f"slow{number}", "bob@slow.example")
            told.beside = await _good_letters(product, sink, messages, "beside")
            told.waiting_at_end = await _until_empty(product, seconds + PATIENCE)
            told.copies_of_slow = Counter(hop.names)
    finally:
        await asyncio.to_thread(product.stop)
        sink.stop()
    return told


async def _good_letters(product: Product, sink: SinkProcess, count: int, mark: str) -> list[float]:
    taken = []
    for number in range(count):
        name = f"{mark}{number}"
        await _send(product.port, name, "bob@customer.example")
        began = time.monotonic()
        deadline = began + PATIENCE
        while name not in sink.ledger.read_text() and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_EVERY)
        taken.append(time.monotonic() - began)
    return taken


async def _send(port: int, name: str, recipient: str) -> None:
    octets, _ = marked(
        f"From: Ann <ann@partner.example>\r\nTo: {recipient}\r\nSubject: minutes\r\n"
        f"Message-ID: <{name}@partner.example>\r\n\r\nSee you on Tuesday.\r\n".encode(),
        name,
    )
    conversation = await Conversation.open("127.0.0.1", port)
    reply = await conversation.send("ann@partner.example", (recipient,), octets)
    if not reply.startswith(b"250"):
        raise RuntimeError(f"{name}: {reply.decode()}")
    await conversation.close()


async def _until_empty(product: Product, patience: float) -> int:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        waiting = (await asyncio.to_thread(product.command, "queue", "list", "--json")).strip()
        if not waiting:
            return 0
        await asyncio.sleep(2)
    return waiting.count("\n") + 1


class SlowHop:
    """A next hop that says 250 to the dot after some seconds, and knows what came."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.names: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> SlowHop:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 slow.example ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.names += _names_in(content)
                await asyncio.sleep(self._seconds)
                writer.write(b"250 2.0.0 at last\r\n")
            elif verb == b"QUIT":
                break
            else:
                writer.write(b"250 slow.example\r\n")
        writer.close()


def _names_in(content: bytes) -> Iterator[str]:
    for line in content.split(b"\r\n"):
        if line.lower().startswith(b"x-test-id:"):
            yield line.partition(b":")[2].strip().decode()


def main() -> int:
    """Watch, print, and return 1 where something came twice."""
    parser = parser_of("tests.faults.slow_answers", __doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES, help="until each answer")
    parser.add_argument(
        "messages", nargs="?", type=int, default=MESSAGES, help="of the other tenant, each time"
    )
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-slow-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        told = asyncio.run(watch(folder, words.minutes * 60, words.messages))
    figures = {"minutes": words.minutes, **told.figures()}
    print(json.dumps(figures), flush=True)
    return 1 if figures["repeated"] or figures["waiting_at_end"] else 0


if __name__ == "__main__":
    sys.exit(main())
