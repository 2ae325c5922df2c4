"""How soon mail flows again after a restart with very many copies in the queue.

    python -m tests.faults.long_queue [COPIES]

The queue is filled while nothing delivers, with copies that the node held when it went away.  Then
everything is started, and the clock runs from there: until the first 220, the first delivery, the
thousandth and the ten thousandth.  What that costs is told in CPU seconds as well, as a clock also
measures what else the machine does.
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing.messages import a_copy, a_judgement, a_submission
from lazaretto.testing.ports import free_port
from tests.load.processes import usage_of
from tests.load.product import Product, SinkProcess
from tests.load.words import parser_of

COPIES = 100_000
AT_A_TIME = 500
MUST_FLOW_WITHIN = 60.0
PATIENCE = 600.0
LOOK_EVERY = 0.05
STEPS = {1: "first_delivery", 1_000: "thousandth_delivery", 10_000: "ten_thousandth_delivery"}
SETTINGS = "[content]\nleast_free_share = 0.01\n"
LEG = Leg(
    tenant=TenantId(1), direction=Direction.INBOUND, recipients=(Recipient(address="bob@customer.example"),)
)


async def fill(home: Path, dsn: str, count: int) -> float:
    """Commit ``count`` copies as the edge of this home would; return how many seconds that took."""
    settings = SpoolSettings(commit_timeout=60.0)
    pool = Pool(dsn, 4)
    keys = await Keys.open(home / "master.key", TenantKeyRows(pool))
    contents = Contents(keys, InlineContentRows(pool).fetch, FileContent(home / "content"))
    acceptor = Acceptor(pool, contents, await register(pool, home, settings.node_lease), settings)

    async def one() -> None:
        submission = a_submission(legs=(LEG,))
        copy = a_copy(submission, Disposition.DELIVER, "bob@customer.example")
        await acceptor.commit(submission, a_judgement(copy))

    began = time.monotonic()
    for _ in range(0, count, AT_A_TIME):
        await asyncio.gather(*(one() for _ in range(AT_A_TIME)))
    await pool.close()
    return time.monotonic() - began


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Return the seconds from a start with ``count`` copies in the queue to each of its steps."""
    home = folder / "home"
    sink = SinkProcess.start(folder)
    try:
        product = Product.start(home, SETTINGS)
        product.apply_tenant(sink.port)
        product.stop()
        with EmbeddedServer(home) as server:
            filled = uvloop.run(fill(home, server.dsn("spool"), count))
        told: dict[str, Any] = {"copies": count, "filled_in": round(filled, 1)}
        port = free_port()
        began = time.monotonic()
        watching = threading.Thread(target=_watch, args=(port, sink, began, told))
        watching.start()
        product = Product.start(home, SETTINGS, port)
        told["started"] = round(time.monotonic() - began, 1)
        watching.join()
        used = usage_of(*product.roots).cpu
        told["cpu_seconds"] = {role: round(seconds, 1) for role, seconds in used.items()}
        product.stop()
    finally:
        sink.stop()
    return told


def _watch(port: int, sink: SinkProcess, began: float, told: dict[str, Any]) -> None:
    steps = {number: name for number, name in STEPS.items() if number <= told["copies"]}
    while steps and time.monotonic() - began < PATIENCE:
        if "first_220" not in told:
            with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, timeout=10):
                told["first_220"] = round(time.monotonic() - began, 1)
        delivered = sink.ledger.read_bytes().count(b"\n")
        for number in [each for each in steps if each <= delivered]:
            told[steps.pop(number)] = round(time.monotonic() - began, 1)
        time.sleep(LOOK_EVERY)


def main() -> int:
    """Measure, print, and return 1 where mail did not flow in time."""
    parser = parser_of("tests.faults.long_queue", __doc__)
    parser.add_argument("copies", nargs="?", type=int, default=COPIES, help="how many wait")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lz-queue-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        told = measure(folder, words.copies)
    print(json.dumps(told), flush=True)
    reached = [told.get(name, PATIENCE) for number, name in STEPS.items() if number <= told["copies"]]
    return 0 if max(reached) < MUST_FLOW_WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
