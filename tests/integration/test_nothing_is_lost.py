"""After a 250 nothing is lost, whatever is killed, and no two messages are mixed up (promises D1, D3, D5).

A real client sends real messages and sends again what was not answered, as SMTP wants; meanwhile
edge, scan workers, deliver process and PostgreSQL are killed with SIGKILL, one after the other.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.bench import mixed, text_message
from tests.load.processes import role_of, tree
from tests.load.product import Product, SinkProcess
from tests.load.sender import Ledger, send_all

MESSAGES = 2000
BETWEEN_KILLS = 50
"""Messages that are accepted before the next kill, so that each kill meets a system at work."""
DRAIN_PATIENCE = 180.0
VICTIMS = ("edge", "scan", "deliver", "postgres", "scan-worker", "jobs")

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def _messages() -> list[bytes]:
    real = mixed(MESSAGES)
    chooser = random.Random(3)
    return real or [text_message(chooser.randrange(500, 90_000)) for _ in range(MESSAGES)]


def _stream(raw: list[bytes]) -> Iterator[tuple[str, str, bytes]]:
    for number, octets in enumerate(raw):
        yield f"t{number}", "bob@customer.example", octets


def _victim(product: Product, role: str) -> int | None:
    """Return a process of ``role``: the oldest, but for scan workers the youngest (a child)."""
    wanted = "scan" if role == "scan-worker" else role
    found = sorted(pid for pid in tree(product.process.pid) if role_of(pid) == wanted)
    if not found:
        return None
    return found[-1] if role == "scan-worker" else found[0]


async def _kill_in_turn(product: Product, ledger: Ledger, done: asyncio.Event) -> Counter[str]:
    kills: Counter[str] = Counter()
    for role in itertools.cycle(VICTIMS):
        wanted = len(ledger.accepted) + BETWEEN_KILLS
        while len(ledger.accepted) < wanted and not done.is_set():
            await asyncio.sleep(0.01)
        if done.is_set():
            break
        while (pid := _victim(product, role)) is None:
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        kills[role] += 1
    return kills


def _await_empty_queue(product: Product) -> None:
    deadline = time.monotonic() + DRAIN_PATIENCE
    while time.monotonic() < deadline:
        if not product.command("queue", "list", "--json").strip():
            return
        time.sleep(1)
    pytest.fail("the queue did not drain: " + product.command("queue", "list")[:2000])


def test_killing_every_process_loses_and_mixes_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    raw = _messages()
    sink = SinkProcess.start(tmp_path)
    product = Product.start(tmp_path / "home", "[delivery]\nfirst_delay = 1.0\nlongest_delay = 5.0\n")
    ledger = Ledger()

    async def under_fire() -> Counter[str]:
        done = asyncio.Event()
        killer = asyncio.create_task(_kill_in_turn(product, ledger, done))
        await send_all(product.port, _stream(raw), ledger, connections=8, retry=True)
        done.set()
        return await killer

    try:
        product.apply_tenant(sink.port)
        kills = asyncio.run(under_fire())
        _await_empty_queue(product)
        time.sleep(2)
        quarantined = {
            json.loads(line)["id"] for line in product.command("quarantine", "list", "--json").splitlines()
        }
        balance = product.command("reconcile")
        received = sink.received()
    finally:
        product.stop()
        sink.stop()

    delivered = {identity for _, _, _, identity in received}
    lost = [name for name, identity in ledger.queued_as.items() if identity not in delivered | quarantined]
    mixed_up = [name for name, digest, _, _ in received if ledger.sent[name] != digest]
    twice = Counter(identity for _, _, _, identity in received)
    duplicates = sum(count - 1 for count in twice.values())
    print(f"kills {dict(kills)}, answers {ledger.answers}, duplicates {duplicates}, {balance}")
    assert len(ledger.accepted) == len(raw)
    assert sum(kills.values()) >= len(VICTIMS)
    assert lost == []
    assert mixed_up == []
    assert duplicates <= kills["deliver"] + kills["postgres"]
