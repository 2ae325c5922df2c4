"""RFC 3461 from end to end: what a sender asks of a Postfix reaches the Postfix behind us, or is done by us.

Postfix A takes mail from the sender, the whole product stands between, Postfix B keeps the mailboxes.
What either tells the sender arrives at one next hop, which does not know of notifications itself.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import pwd
import shutil
import smtplib
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from lazaretto.testing.next_hop import Arrival, Behaviour, NextHop
from lazaretto.testing.postfix import Postfix, is_there
from tests.load.product import Product

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not is_there(), reason="Postfix needs root and the Debian package postfix"),
]

PATIENCE = 120
SENDER = "ann@partner.example"
TENANTS = """\
version: 1
tenant: keeps
domains:
  customer.example:
    routes: [{{host: 127.0.0.1, port: {mailboxes}}}]
  old.example:
    routes: [{{host: 127.0.0.1, port: {old}}}]
address_registration: enforce
addresses: [bob@customer.example, gone@customer.example, bob@old.example]
"""
CLIENT = """\
myhostname = a.partner.example
relay_domains = customer.example, old.example
relayhost = [127.0.0.1]:{port}
"""
MAILBOXES = """\
myhostname = b.customer.example
virtual_mailbox_domains = customer.example
virtual_mailbox_maps = inline:{{ bob@customer.example=bob/ }}
virtual_mailbox_base = {mail}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relayhost = [127.0.0.1]:{port}
"""


@dataclass(frozen=True)
class Chain:
    """All that stands between the sender and the mailboxes, and where the sender's own mail arrives."""

    client: Postfix
    mailboxes: Postfix
    product: Product
    home: NextHop

    def send(self, recipient: str, *, ret: str, envid: str, notify: str) -> None:
        """Have Postfix A send a letter with these wishes; the original recipient is another one."""
        with smtplib.SMTP("127.0.0.1", self.client.port, timeout=PATIENCE) as session:
            session.ehlo("desk.partner.example")
            session.mail(SENDER, [f"RET={ret}", f"ENVID={envid}"])
            session.rcpt(recipient, [f"NOTIFY={notify}", "ORCPT=rfc822;first+2Blist@partner.example"])
            session.data(f"From: {SENDER}\r\nSubject: {envid}\r\n\r\nthe letter of {envid}\r\n".encode())

    async def told(self, envid: str) -> tuple[EmailMessage, EmailMessage, EmailMessage]:
        """Return the sender's report: what it says of message and recipient, and what it returns."""
        async with asyncio.timeout(PATIENCE):
            while not (found := [each for each in self.home.arrivals if _is_about(each, envid)]):
                await self.hurry()
        (arrival,) = found
        assert arrival.mail.startswith(b"FROM:<>")
        report = email.message_from_bytes(arrival.content, policy=email.policy.default)
        assert report.get_content_type() == "multipart/report"
        assert report["To"] == SENDER
        _, status, returned = report.iter_parts()
        about, recipient = status.get_payload()
        return about, recipient, returned

    async def hurry(self) -> None:
        """Let both Postfixes try what waits, and wait a moment; by themselves they may pass over it."""
        for each in (self.client, self.mailboxes):
            await asyncio.to_thread(each.flush)
        await asyncio.sleep(0.5)


def _is_about(arrival: Arrival, envid: str) -> bool:
    return f"Original-Envelope-Id: {envid}".encode() in arrival.content


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postfix's unprivileged daemons may enter."""
    made = Path(tempfile.mkdtemp(prefix="lazaretto-dsn-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def chain(folder: Path) -> AsyncIterator[Chain]:
    """A, the product, B; in a row, and stopped from its beginning."""
    owner, mail = pwd.getpwnam("postfix"), folder / "mail"
    mail.mkdir()
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    async with NextHop(Behaviour(offers=("8BITMIME", "PIPELINING"))) as home:
        settings = MAILBOXES.format(mail=mail, uid=owner.pw_uid, gid=owner.pw_gid, port=home.port)
        mailboxes = await asyncio.to_thread(Postfix.start, folder / "b", settings)
        relay = f'[delivery]\nrelay = "127.0.0.1:{home.port}"\n'
        product = await asyncio.to_thread(Product.start, folder / "home", relay)
        document = folder / "keeps.yaml"
        document.write_text(TENANTS.format(mailboxes=mailboxes.port, old=home.port))
        await asyncio.to_thread(product.command, "tenant", "apply", str(document))
        client = await asyncio.to_thread(Postfix.start, folder / "a", CLIENT.format(port=product.port))
        try:
            yield Chain(client, mailboxes, product, home)
        finally:
            for each in (client, product, mailboxes):
                await asyncio.to_thread(each.stop)


async def test_what_a_sender_asks_for_is_done_by_whoever_can(chain: Chain) -> None:
    await asyncio.to_thread(chain.send, "bob@customer.example", ret="HDRS", envid="taken", notify="SUCCESS")
    await asyncio.to_thread(chain.send, "gone@customer.example", ret="FULL", envid="full", notify="FAILURE")
    await asyncio.to_thread(chain.send, "gone@customer.example", ret="HDRS", envid="head", notify="FAILURE")
    await asyncio.to_thread(chain.send, "bob@old.example", ret="HDRS", envid="passed-on", notify="SUCCESS")
    for envid, notify in (("quiet", "NEVER"), ("no-failure", "SUCCESS")):
        await asyncio.to_thread(chain.send, "gone@customer.example", ret="FULL", envid=envid, notify=notify)

    # Passed on to B, which honours it.
    about, recipient, returned = await chain.told("taken")
    assert about["Reporting-MTA"] == "dns; b.customer.example"
    assert recipient["Action"] == "delivered"
    assert recipient["Original-Recipient"] == "rfc822;first+list@partner.example"
    assert returned.get_content_type() == "text/rfc822-headers"

    # Refused by B: told by us, with as much of the letter as was wanted.
    about, recipient, returned = await chain.told("full")
    assert about["Reporting-MTA"] != "dns; b.customer.example"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Final-Recipient"] == "rfc822; gone@customer.example"
    assert recipient["Original-Recipient"] == "rfc822; first+list@partner.example"
    assert recipient["Remote-MTA"].startswith("dns; ")
    assert "550 5.1.1" in recipient["Diagnostic-Code"]
    assert "the letter of full" in returned.as_string()
    _, _, returned = await chain.told("head")
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "the letter of head" not in returned.as_string()

    # Handed to a server that does not know of it: told by us that this is so.
    _, recipient, _ = await chain.told("passed-on")
    assert recipient["Action"] == "relayed"
    letters = [each for each in chain.home.arrivals if b"the letter of passed-on" in each.content]
    assert [b"NOTIFY" in rcpt for each in letters for rcpt in each.rcpts] == [False]

    # Who wants to hear nothing, hears nothing.
    async with asyncio.timeout(PATIENCE):
        while not chain.client.is_empty():
            await chain.hurry()
        while await asyncio.to_thread(chain.product.command, "queue", "list", "--json"):
            await asyncio.sleep(0.1)
    assert not any(
        _is_about(each, envid) for each in chain.home.arrivals for envid in ("quiet", "no-failure")
    )
