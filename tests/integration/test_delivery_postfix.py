"""A real Postfix as next hop: what it stores is what we were given, over clear text and TLS alike."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.queued import Outcome
from lazaretto.core.snapshot import NextHop, TlsDemand
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.run.certificate import ensure_certificate
from lazaretto.testing.copies import NOON, FixedDirectory, FixedResolver, MemorySpool, a_copy
from lazaretto.testing.ports import await_port, free_port
from lazaretto.testing.postfix import Postfix, is_there

NAME = "mx.customer.example"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not is_there(),
        reason="Postfix needs root and the Debian package postfix",
    ),
]

SETTINGS = """\
myhostname = {name}
virtual_mailbox_domains = customer.example
virtual_mailbox_maps = inline:{{ b@customer.example=b/, c@customer.example=c/ }}
virtual_mailbox_base = {mail}
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
message_size_limit = 100000000
"""


@dataclass(frozen=True)
class NextDoor:
    """A Postfix of our own that keeps mail for customer.example."""

    folder: Path
    port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    async def stored(self, count: int, mailbox: str = "b") -> list[bytes]:
        """Return the messages in ``mailbox`` as soon as there are ``count``, as Postfix stored them."""
        folder = self.folder / "mail" / mailbox / "new"
        async with asyncio.timeout(120):
            while not folder.is_dir() or len(list(folder.iterdir())) < count:
                await asyncio.sleep(0.05)
        return [path.read_bytes() for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def started() -> Iterator[NextDoor]:
    folder = Path(tempfile.mkdtemp(prefix="lazaretto-postfix-"))
    # Its unprivileged daemons must be able to enter.
    folder.chmod(0o755)
    owner = pwd.getpwnam("postfix")
    mail, certificate, key = folder / "mail", folder / "certificate.pem", folder / "key.pem"
    mail.mkdir()
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    ensure_certificate(certificate, key, NAME)
    settings = SETTINGS.format(
        name=NAME, mail=mail, uid=owner.pw_uid, gid=owner.pw_gid, certificate=certificate, key=key
    )
    server = Postfix.start(folder, settings)
    yield NextDoor(folder, server.port)
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def postfix(started: NextDoor) -> NextDoor:
    """Postfix with empty mailboxes."""
    for mailbox in (started.folder / "mail").iterdir():
        shutil.rmtree(mailbox)
    return started


async def deliver(postfix: NextDoor, folder: Path, spool: MemorySpool, **hop: object) -> None:
    """Deliver everything that is due in ``spool``."""
    route = NextHop(**{"host": "127.0.0.1", "port": postfix.port, **hop})  # type: ignore[arg-type]
    resolver = FixedResolver({NAME: {"A": ["127.0.0.1"]}})
    dispatcher = Dispatcher(
        queue=spool,
        contents=spool,
        directory=FixedDirectory({"customer.example": (route,)}),
        resolver=resolver,
        journal=folder / "journal",
        hostname="gw.example",
        settings=DeliverySettings(claim_interval=timedelta(seconds=0.02), ca_file=str(postfix.certificate)),
        clock=lambda: NOON,
    )
    waiting = len(spool.next_at)
    await dispatcher.start()
    async with asyncio.timeout(120):
        while len(spool.settled) < waiting:
            await asyncio.sleep(0.02)
    await dispatcher.stop(5)


def as_stored(content: bytes) -> bytes:
    """Return ``content`` as a Unix mailbox holds it."""
    return content.replace(b"\r\n", b"\n")


async def test_postfix_stores_what_it_was_given(postfix: NextDoor, tmp_path: Path) -> None:
    header = b"From: a@sender.example\r\nTo: b@customer.example\r\nSubject: caf\xc3\xa9\r\n"
    octets = header + b"\r\n.dot\r\n..\r\n\xff\r\nend"
    spool = MemorySpool()
    spool.add(a_copy(octets=octets), octets)

    await deliver(postfix, tmp_path, spool)

    (stored,) = await postfix.stored(1)
    body = stored.partition(b"\n\n")[2]
    assert body == as_stored(octets.partition(b"\r\n\r\n")[2] + b"\r\n")
    (outcome,) = spool.settled[0].outcomes
    assert outcome.outcome is Outcome.DELIVERED
    assert outcome.reply.text.startswith("Ok: queued as")
    assert outcome.remote.tls is not None
    assert outcome.remote.tls.protocol == "TLSv1.3"


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n\x00.\r\n", b"\r\r\n.\r\r\n"]
)
async def test_no_end_of_data_can_be_smuggled_past_us(postfix: NextDoor, tmp_path: Path, end: bytes) -> None:
    smuggled = b"MAIL FROM:<evil@sender.example>\r\nRCPT TO:<c@customer.example>\r\nDATA\r\nX: y\r\n\r\nz\r\n"
    octets = b"Subject: one\r\n\r\nbefore" + end + smuggled + b".\r\nafter\r\n"
    spool = MemorySpool()
    spool.add(a_copy(octets=octets), octets)

    await deliver(postfix, tmp_path, spool)

    (stored,) = await postfix.stored(1)
    assert b"MAIL FROM:<evil@sender.example>" in stored
    assert stored.endswith(b"after\n")
    assert not (postfix.folder / "mail" / "c").exists()


async def test_a_verified_channel_is_verified(postfix: NextDoor, tmp_path: Path) -> None:
    spool = MemorySpool()
    spool.add(a_copy())

    await deliver(postfix, tmp_path, spool, host=NAME, tls=TlsDemand.VERIFIED)

    tls = spool.settled[0].outcomes[0].remote.tls
    assert tls is not None
    assert tls.verified


async def test_an_unknown_mailbox_fails_alone(postfix: NextDoor, tmp_path: Path) -> None:
    spool = MemorySpool()
    spool.add(a_copy("nobody@customer.example", "b@customer.example"))

    await deliver(postfix, tmp_path, spool)

    unknown, known = spool.settled[0].outcomes
    assert (unknown.reply.code, unknown.reply.enhanced) == (550, "5.1.1")
    assert known.outcome is Outcome.DELIVERED
    assert len(spool.settled[0].composed) == 1


@contextmanager
def sinking(folder: Path) -> Iterator[int]:
    """Run smtp-sink, which keeps each message as a file in ``folder``; yield its port."""
    owner, port = pwd.getpwnam("postfix"), free_port()
    folder.mkdir()
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    command = ["/usr/sbin/smtp-sink", "-u", "postfix", "-d", "%M.", f"127.0.0.1:{port}", "100"]
    process = subprocess.Popen(command, cwd=folder)
    try:
        await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(60)


async def test_smtp_sink_gets_every_message_once(postfix: NextDoor, tmp_path: Path) -> None:
    folder = postfix.folder / f"sunk-{tmp_path.name}"
    spool = MemorySpool()
    bodies = {b"%d " % n * (n * 10 + 1) for n in range(300)}
    for body in bodies:
        octets = b"Subject: x\r\n\r\n" + body + b"\r\n.\r\n"
        spool.add(a_copy(octets=octets), octets)

    with sinking(folder) as port:
        await deliver(replace(postfix, port=port), tmp_path, spool)

    sunk = [path.read_bytes().partition(b"Subject: x\n\n")[2] for path in folder.iterdir()]
    assert len(sunk) == 300
    assert {text.partition(b"\n")[0] for text in sunk} == bodies


async def test_hundreds_of_messages_arrive_each_with_its_own_content(
    postfix: NextDoor, tmp_path: Path
) -> None:
    spool = MemorySpool()
    contents = {b"Subject: %d\r\n\r\n%s\r\n" % (n, b"%d " % n * (n * 20)) for n in range(300)}
    for octets in contents:
        spool.add(a_copy(octets=octets), octets)

    await deliver(postfix, tmp_path, spool)

    stored = await postfix.stored(300)
    assert {as_stored(octets).partition(b"\n\n")[2] for octets in contents} == {
        octets.partition(b"\n\n")[2] for octets in stored
    }
