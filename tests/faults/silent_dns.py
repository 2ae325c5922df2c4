"""A DNS that does not answer: mail is taken in time, and nothing is refused for good, lost or repeated.

    python -m tests.faults.silent_dns [MINUTES [MESSAGES_A_SECOND]]

The product's only resolver swallows every question.  Letters go on coming in, each from another domain, so
that nothing is answered from memory; their next hop is a name, so that nothing can be delivered.  Then the
resolver answers, and all that was taken must arrive, once.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.load.product import Product, SinkProcess
from tests.load.sender import Conversation, Ledger, marked
from tests.load.words import parser_of

MINUTES = 15.0
RATE = 1.0
LONGEST_ACCEPT = 12.0
"""Seconds within which 95 % of the answers to the dot must come."""
PATIENCE = 600.0
TENANT = """\
version: 1
tenant: load
domains:
  customer.example:
    routes: [{{host: mail.customer.example, port: {port}}}]
address_registration: enforce
addresses: [bob@customer.example]
"""
SETTINGS = """\
[dns]
servers = ["127.0.0.1:{port}"]
[scan]
authentication_limit = {limit}
[delivery]
first_delay = 2.0
longest_delay = 10.0
[content]
least_free_share = 0.01
"""
_A = 1


class Resolver(threading.Thread):
    """A name server that is silent until told otherwise; then every name is this machine."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.is_silent = True
        self.asked = 0

    def run(self) -> None:
        """Answer, or do not, until closed."""
        while True:
            try:
                question, client = self._socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            if not self.is_silent and len(question) > 16:
                self._socket.sendto(_answer(question), client)

    def close(self) -> None:
        """Go away."""
        self._socket.close()


def _answer(question: bytes) -> bytes:
    end = 12
    while question[end]:
        end += 1 + question[end]
    asked = question[12 : end + 5]
    is_address = int.from_bytes(question[end + 1 : end + 3]) == _A
    head = question[:2] + b"\x81\x80" + b"\x00\x01" + (b"\x00\x01" if is_address else b"\x00\x00") + bytes(4)
    record = b"\xc0\x0c" + b"\x00\x01\x00\x01" + (60).to_bytes(4) + b"\x00\x04" + bytes((127, 0, 0, 1))
    return head + asked + (record if is_address else b"")


@dataclass(slots=True)
class Told:
    """What became of the letters."""

    ledger: Ledger = field(default_factory=Ledger)
    refused: list[str] = field(default_factory=list)
    """Answers that were 5xx."""
    delivered_in_silence: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    returned: int = 0
    asked: int = 0

    @property
    def p95(self) -> float:
        """Seconds from the dot to the answer that 95 % did not pass."""
        return statistics.quantiles(self.ledger.latencies, n=20)[-1]

    @property
    def lost(self) -> list[str]:
        """Letters that were taken and did not come."""
        return [name for name in self.ledger.accepted if not self.arrived[name]]


@contextmanager
def resolver() -> Iterator[Resolver]:
    """Give a name server."""
    made = Resolver()
    made.start()
    try:
        yield made
    finally:
        made.close()


def silence(folder: Path, seconds: float, rate: float, limit: float) -> Told:
    """Have the DNS silent for ``seconds``; ``limit`` is how long one message may wait for names."""
    told = Told()
    sink = SinkProcess.start(folder)
    try:
        with resolver() as dns:
            settings = SETTINGS.format(port=dns.port, limit=limit)
            product = Product.start(folder / "home", settings, dns_file=False)
            try:
                document = product.home / "load.yaml"
                document.write_text(TENANT.format(port=sink.port))
                product.command("tenant", "apply", str(document))
                asyncio.run(_send(product, told, seconds, rate))
                told.delivered_in_silence = len(sink.received())
                told.asked = dns.asked
                dns.is_silent = False
                _await_all(product, sink, told)
            finally:
                product.stop()
    finally:
        sink.stop()
    return told


async def _send(product: Product, told: Told, seconds: float, rate: float) -> None:
    until = time.monotonic() + seconds
    number = 0
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < until:
            group.create_task(_one(product.port, told, number))
            number += 1
            await asyncio.sleep(1 / rate)


async def _one(port: int, told: Told, number: int) -> None:
    name = f"d{number}"
    letter, digest = marked(
        f"From: Ann <ann@p{number}.example>\r\nTo: bob@customer.example\r\nSubject: minutes\r\n"
        f"Message-ID: <{number}@p{number}.example>\r\n\r\nSee you on Tuesday.\r\n".encode(),
        name,
    )
    told.ledger.sent[name] = digest
    conversation = await Conversation.open("127.0.0.1", port)
    for line in (f"MAIL FROM:<ann@p{number}.example>", "RCPT TO:<bob@customer.example>", "DATA"):
        reply = await conversation.say(line.encode())
    began = time.monotonic()
    reply = await conversation.say(letter + b".")
    told.ledger.latencies.append(time.monotonic() - began)
    told.ledger.count(reply[:3].decode())
    if reply.startswith(b"250"):
        told.ledger.accepted[name] = digest
    elif reply.startswith(b"5"):
        told.refused.append(reply.decode())
    with suppress(OSError):
        await conversation.close()


def _await_all(product: Product, sink: SinkProcess, told: Told) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told.arrived = Counter(name for name, _, _, _ in sink.received())
        if not told.lost:
            break
        time.sleep(0.2)
    rows = [json.loads(line) for line in product.command("reconcile", "--json").split("\n") if line]
    told.returned = sum(row["bounced"] for row in rows)


def main() -> int:
    """Be silent, print, and return 1 where something was refused, lost or late."""
    parser = parser_of("tests.faults.silent_dns", __doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES, help="of silence")
    parser.add_argument("rate", nargs="?", type=float, default=RATE, help="messages a second")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-dns-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        told = silence(folder, words.minutes * 60, words.rate, limit=10.0)
    figures: dict[str, Any] = {
        "minutes": words.minutes,
        "answers": told.ledger.answers,
        "refused": told.refused[:3],
        "p95_seconds": round(told.p95, 2),
        "longest_seconds": round(max(told.ledger.latencies), 2),
        "questions": told.asked,
        "delivered_in_silence": told.delivered_in_silence,
        "lost": told.lost,
        "repeated": sum(told.arrived.values()) - len(told.arrived),
        "returned": told.returned,
    }
    print(json.dumps(figures), flush=True)
    is_good = not (told.refused or told.lost or told.returned) and told.p95 < LONGEST_ACCEPT
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
