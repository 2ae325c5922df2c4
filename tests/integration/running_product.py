"""The whole product for one test module: real processes, a next hop behind it, and a client's eyes."""

from __future__ import annotations

import json
import secrets
import smtplib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from lazaretto.db.cluster import cluster_of
from lazaretto.db.service_user import service_user
from tests.journeys.conftest import Platform
from tests.load.processes import role_of, tree
from tests.load.product import Product, SinkProcess
from tests.load.sender import Ledger

PATIENCE = 120.0
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def running_product(folder: Path, settings: str = "", *, dns_file: bool = True) -> Iterator[Platform]:
    """Give a platform with the tenant ``one`` (one.example); everything is stopped at the end.

    Without ``dns_file`` it asks the resolvers of its settings, in which ``{sink}`` is the next hop's port.
    """
    kept = folder / "kept"
    kept.mkdir()
    sink = SinkProcess.start(folder, keep=kept)
    try:
        product = Product.start(
            folder / "home", settings.replace("{sink}", str(sink.port)), dns_file=dns_file
        )
        platform = Platform(product, sink, kept)
        try:
            platform.publish("one", "one.example")
            yield platform
        finally:
            platform.product.stop()
    finally:
        sink.stop()


def data_directory(platform: Platform) -> Path:
    """Return where the embedded PostgreSQL keeps its files."""
    return cluster_of(platform.product.home.resolve(), service_user()).data


def processes(platform: Platform, role: str) -> list[int]:
    """Return the processes of one role, oldest first."""
    return sorted(pid for pid in tree(platform.product.process.pid) if role_of(pid) == role)


def letter(token: str = "", *, lines: int = 0) -> bytes:
    """Return a harmless letter; ``lines`` of 76 octets make it as large as wanted."""
    head = (
        "From: Ann Baker <ann@partner.example>\r\nTo: bob@one.example\r\nSubject: minutes\r\n"
        f"Date: {formatdate()}\r\nMessage-ID: <{secrets.token_hex(8)}@partner.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
    )
    filling = "".join(
        f"{number:06d} the mill sends two quotes for the oats, as we said.\r\n" for number in range(lines)
    )
    return f"{head}See you on Tuesday. {token}\r\n{filling}".encode()


def infected(token: str = "") -> bytes:
    """Return a letter with the harmless test file that every scanner calls malware."""
    return letter(token).replace(b"See you", EICAR.encode() + b"\r\nSee you")


LARGE = 3_000
"""Lines of a letter that is too large for a database row (about 190 KB)."""


def answer(
    platform: Platform, octets: bytes, recipient: str = "bob@one.example", sender: str = "ann@partner.example"
) -> str:
    """Send one message; return the reply to its dot, or the first refusal before it."""
    with smtplib.SMTP("127.0.0.1", platform.product.port, timeout=PATIENCE) as client:
        client.ehlo("mx.partner.example")
        code, text = client.mail(sender)
        if code == 250:
            code, text = client.rcpt(recipient)
        if code == 250:
            try:
                code, text = client.data(octets)
            except smtplib.SMTPDataError as failure:
                code, text = failure.smtp_code, failure.smtp_error
        return f"{code} {text.decode() if isinstance(text, bytes) else text}"


def queued_as(reply: str) -> str:
    """Return our id in a 250; anything else is a failed test."""
    assert reply.startswith("250 2.0.0 Queued as "), reply
    return reply.rpartition(" ")[2]


def eventually(found: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return what ``found`` gives once it is true; a failed test when it never is."""
    deadline = time.monotonic() + patience
    while not (result := found()):
        assert time.monotonic() < deadline, f"still {result!r} after {patience} s"
        time.sleep(0.05)
    return result


def first_accepted(platform: Platform, octets: bytes, patience: float = PATIENCE) -> tuple[str, list[str]]:
    """Send until accepted, as a real client does; return our id and the answers before."""
    before: list[str] = []
    deadline = time.monotonic() + patience
    while True:
        try:
            reply = answer(platform, octets)
        except (OSError, smtplib.SMTPException) as failure:
            reply = f"lost: {failure!r}"
        if reply.startswith("250"):
            return queued_as(reply), before
        before.append(reply)
        assert time.monotonic() < deadline, before[-3:]
        time.sleep(0.1)


def copies(platform: Platform, identity: str) -> list[bytes]:
    """Return what reached the next hop of a message, once something did."""
    return eventually(lambda: platform.delivered(identity))  # type: ignore[no-any-return]


def all_arrive(platform: Platform, ledger: Ledger) -> Counter[str]:
    """Wait until the queue is empty and everything that was accepted is at the sink; count it by name.

    What does not come is told apart: late is what waits in the queue, lost is what waits nowhere.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        arrived = Counter(name for name, _, _, _ in platform.sink.received() if name in ledger.sent)
        missing = {ledger.queued_as[name] for name in ledger.accepted if name not in arrived}
        rows = queue(platform)
        if not missing and not rows:
            return arrived
        if time.monotonic() > deadline:
            waiting = {row["id"] for row in rows}
            lost = {each: platform.product.command("trace", "--id", each) for each in missing - waiting}
            late = [row for row in rows if row["id"] in missing]
            unsettled = [row for row in rows if row["id"] not in missing]
            pytest.fail(f"LOST: {lost}; late: {late}; delivered and not settled: {unsettled}")
        time.sleep(0.2)


def wrong_balances(platform: Platform) -> list[dict[str, Any]]:
    """Return the tenants whose mail is not accounted for; there must be none."""
    balances = [
        json.loads(line) for line in platform.product.command("reconcile", "--json").split("\n") if line
    ]
    assert balances
    return [balance for balance in balances if not balance["right"]]


def queue(platform: Platform) -> list[dict[str, Any]]:
    """Return what waits in the queue."""
    lines = platform.product.command("queue", "list", "--json").split("\n")
    return [json.loads(line) for line in lines if line]
