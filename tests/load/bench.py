"""``make bench``: CPU per message, messages per second and memory of named workloads.

    python -m tests.load.bench [WORKLOAD …]

CPU per message is user and system time of all processes of the product and its PostgreSQL, without
the client and the sink.  It is the figure to compare; messages per second depend on who else uses
the machine.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import random
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.spool.sealing import seal
from tests.conftest import corpora_folder
from tests.load.mixed import BESIDE_POISON, beside_poison
from tests.load.processes import Usage, forget_peaks, usage_of
from tests.load.product import Product, SinkProcess
from tests.load.retro import RETRO_SCAN, retro_scan
from tests.load.sender import Ledger, send_all
from tests.load.trace import TRACE_SEARCHES, trace_searches
from tests.load.words import parser_of

CONNECTIONS = 20
DRAIN_PATIENCE = 120.0
MIXED_SETS = ("lists-ham", "lists-spam", "trec07", "classic-spamassassin", "lists-auto")

Messages = Iterator[tuple[str, str, bytes]]


class Look(Enum):
    """What is looked for."""

    WHOLE = "everything"
    FIRST = "what one or two detectors of each family find"
    NOTHING = "nothing, to compare with servers that look for nothing"


@dataclass(frozen=True, slots=True)
class Workload:
    """A named stream of messages."""

    name: str
    messages: Callable[[], Messages]
    count: int
    connections: int = CONNECTIONS
    look: Look = Look.WHOLE


def text_message(size: int) -> bytes:
    """Return a plain letter of about ``size`` octets, always the same one."""
    words = [
        "the",
        "scales",
        "arrive",
        "in",
        "week",
        "twelve",
        "and",
        "the",
        "mill",
        "sends",
        "two",
        "quotes",
        "for",
        "the",
        "oats",
    ]
    chooser = random.Random(7)
    head = b"From: Ann Baker <ann@partner.example>\r\nTo: bob@customer.example\r\nSubject: minutes\r\n"
    head += b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d@partner.example>\r\n\r\n" % size
    lines = []
    total = len(head)
    while total < size:
        line = " ".join(chooser.choice(words) for _ in range(12)).encode() + b"\r\n"
        lines.append(line)
        total += len(line)
    return head + b"".join(lines)


def _same(octets: bytes, count: int, label: str) -> Callable[[], Messages]:
    def messages() -> Messages:
        for number in range(count):
            yield f"{label}-{number}", "bob@customer.example", octets

    return messages


def _binary(size: int) -> bytes:
    """A message of ``size`` octets with one base64 attachment of noise."""
    line = base64.b64encode(os.urandom(57)) + b"\r\n"
    head = (
        b"From: Ann Baker <ann@partner.example>\r\nTo: bob@customer.example\r\nSubject: photographs\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=photos.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head + line * ((size - len(head)) // len(line))


def mixed(count: int) -> list[bytes]:
    """Return ``count`` real messages of the corpora, always the same ones; empty without corpora."""
    folder = corpora_folder()
    if folder is None:
        return []
    found: list[bytes] = []
    for name in MIXED_SETS:
        with tarfile.open(folder / "mail" / f"{name}.tar.xz") as archive:
            members = (archive.extractfile(member) for member in archive if member.isfile())
            found.extend(file.read() for file in itertools.islice(members, 1500) if file is not None)
    random.Random(11).shuffle(found)
    return found[:count]


def _of(raw: list[bytes], label: str) -> Callable[[], Messages]:
    def messages() -> Messages:
        for number, octets in enumerate(raw):
            yield f"{label}-{number}", "bob@customer.example", octets

    return messages


def _real() -> Workload:
    messages = mixed(3000)
    return Workload("mixed", _of(messages, "mixed"), len(messages))


KNOWN: dict[str, Callable[[], Workload]] = {
    "mixed": _real,
    "mixed-first": lambda: Workload("mixed-first", _of(mixed(3000), "first"), 3000, look=Look.FIRST),
    "10k": lambda: Workload("10k", _same(text_message(10_000), 3000, "10k"), 3000),
    "accept": lambda: Workload(
        "accept", _same(text_message(10_000), 3000, "accept"), 3000, look=Look.NOTHING
    ),
    "accept-mixed": lambda: Workload("accept-mixed", _of(mixed(3000), "bare"), 3000, look=Look.NOTHING),
    "100k": lambda: Workload("100k", _same(text_message(100_000), 600, "100k"), 600),
    "50m": lambda: Workload("50m", _same(_binary(50_000_000), 4, "50m"), 4, 2),
    "1000m": lambda: Workload("1000m", _same(_binary(999_000_000), 1, "1000m"), 1, 1),
}


ON_THEIR_OWN: dict[str, Callable[[], object]] = {
    RETRO_SCAN: retro_scan,
    TRACE_SEARCHES: trace_searches,
    BESIDE_POISON: beside_poison,
}
"""Those that start what they need."""


def workloads(wanted: list[str]) -> Iterator[Workload]:
    """Yield the workloads that are wanted; all when none is named."""
    for name in wanted or KNOWN:
        if name not in KNOWN:
            sys.exit(f"no workload {name}; there are: {', '.join(KNOWN)}")
        workload = KNOWN[name]()
        if workload.count:
            yield workload
        else:
            print(f"{name}: left out (no corpora; set LAZARETTO_CORPORA)")


def _warm(product: Product) -> None:
    """Be no unknown client any more: its first session waits for the banner."""
    asyncio.run(send_all(product.port, _same(text_message(2000), 5, "warm")(), Ledger(), connections=1))
    _await_empty(product)


def measure(product: Product, sink: SinkProcess, workload: Workload) -> dict[str, object]:
    """Run one workload to the last delivery; return its figures."""
    ledger = Ledger()
    before_sink = len(sink.received())
    forget_peaks(*product.roots)
    before, began = usage_of(*product.roots), time.time()
    uvloop.run(send_all(product.port, workload.messages(), ledger, connections=workload.connections))
    accepted_at = time.time()
    _await_empty(product)
    # Asking whether it is empty takes longer than most deliveries; the sink knows when the last was.
    ended = max(accepted_at, sink.ledger.stat().st_mtime)
    after = usage_of(*product.roots)
    delivered = len(sink.received()) - before_sink
    return figures(workload, ledger, before, after, accepted_at - began, ended - began, delivered)


def _await_empty(product: Product) -> None:
    deadline = time.monotonic() + DRAIN_PATIENCE
    while time.monotonic() < deadline:
        if not product.command("queue", "list", "--json").strip():
            return
        time.sleep(0.2)


def figures(
    workload: Workload,
    ledger: Ledger,
    before: Usage,
    after: Usage,
    sending: float,
    whole: float,
    delivered: int,
) -> dict[str, object]:
    """Return what was measured, as one JSON object."""
    spent = after.since(before)
    waits = sorted(ledger.latencies) or [0.0]
    return {
        "workload": workload.name,
        "messages": workload.count,
        "answers": ledger.answers,
        "delivered": delivered,
        "messages_per_second": round(workload.count / whole, 1),
        "accepted_per_second": round(workload.count / sending, 1),
        "cpu_ms_per_message": round(1000 * sum(spent.values()) / workload.count, 2),
        "cpu_ms_by_role": {
            role: round(1000 * used / workload.count, 2) for role, used in sorted(spent.items())
        },
        "answer_p50_ms": round(1000 * waits[len(waits) // 2], 1),
        "answer_p95_ms": round(1000 * waits[int(len(waits) * 0.95)], 1),
        "peak_mib": {role: round(peak) for role, peak in sorted(after.peak.items())},
    }


def sealing(sizes: tuple[int, ...] = (10_000, 100_000), rounds: int = 2_000) -> dict[str, object]:
    """Return what sealing content and wrapping its key cost, in CPU milliseconds per message."""
    tenant_key, told = AESGCM(os.urandom(32)), {}
    for size in sizes:
        octets, began = os.urandom(size), time.process_time()
        for _ in range(rounds):
            key = os.urandom(32)
            tenant_key.encrypt(os.urandom(12), key, b"about")
            seal(key, octets, b"about")
        told[str(size)] = round(1000 * (time.process_time() - began) / rounds, 4)
    return {"workload": "seal", "cpu_ms_per_message_by_size": told}


def _composed(product: Product, look: Look) -> AbstractContextManager[Product]:
    match look:
        case Look.WHOLE:
            return nullcontext(product)
        case Look.FIRST:
            return product.with_first_detectors()
        case Look.NOTHING:
            return product.without_look()


def main() -> None:
    """Measure and print."""
    names = [*KNOWN, *ON_THEIR_OWN]
    parser = parser_of("tests.load.bench", __doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"all, or of: {', '.join(names)}")
    wanted: list[str] = parser.parse_args().workloads
    if unknown := set(wanted) - set(names):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    print(json.dumps(sealing()), flush=True)
    for name, figures_of in ON_THEIR_OWN.items():
        if not wanted or name in wanted:
            print(json.dumps(figures_of()), flush=True)
    mail = [each for each in wanted if each not in ON_THEIR_OWN]
    if wanted and not mail:
        return
    with tempfile.TemporaryDirectory(prefix="lz-bench-") as folder:
        home = Path(folder) / "home"
        Path(folder).chmod(0o755)
        sink = SinkProcess.start(Path(folder))
        product = Product.start(home)
        try:
            product.apply_tenant(sink.port)
            for workload in workloads(mail):
                with _composed(product, workload.look) as measured:
                    _warm(measured)
                    print(json.dumps(measure(measured, sink, workload)), flush=True)
        finally:
            product.stop()
            sink.stop()


if __name__ == "__main__":
    main()
