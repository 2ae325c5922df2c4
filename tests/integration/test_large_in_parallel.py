"""Many large messages at once: every copy has the octets and the recipients of its own message."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.product import Product, SinkProcess
from tests.load.sender import Ledger, send_all

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CONNECTIONS = 64
MESSAGES = 128
SMALLEST, LARGEST = 700_000, 5_000_000
PATIENCE = 200.0
SETTINGS = f"[edge]\nmax_connections_per_client = {2 * CONNECTIONS}\n"


def _letters() -> Iterator[tuple[str, str, bytes]]:
    chance = random.Random(64)
    for number in range(MESSAGES):
        attachment = base64.encodebytes(chance.randbytes(chance.randrange(SMALLEST, LARGEST)))
        head = (
            f"From: Ann <ann@partner.example>\r\nTo: Bob <bob@customer.example>\r\nSubject: plan {number}\r\n"
            f"Message-ID: <plan{number}@partner.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: application/octet-stream; name=plan.bin\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        recipient = ("alice", "bob")[number % 2]
        octets = head.encode() + attachment.replace(b"\n", b"\r\n")
        yield f"large{number}", f"{recipient}@customer.example", octets


def test_every_copy_of_many_large_messages_is_its_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    sink = SinkProcess.start(tmp_path)
    product = Product.start(tmp_path / "home", SETTINGS)
    ledger = Ledger()
    try:
        product.apply_tenant(sink.port)
        asyncio.run(send_all(product.port, _letters(), ledger, connections=CONNECTIONS))
        deadline = time.monotonic() + PATIENCE
        while len(sink.received()) < MESSAGES and time.monotonic() < deadline:
            time.sleep(0.5)
        received = sink.received()
    finally:
        product.stop()
        sink.stop()

    meant = {name: recipient for name, recipient, _ in _letters()}
    assert ledger.answers == {"250": MESSAGES}
    assert sorted(name for name, *_ in received) == sorted(meant)
    assert [name for name, digest, _, _ in received if ledger.sent[name] != digest] == []
    assert [name for name, _, recipients, _ in received if recipients != meant[name]] == []
