"""Real messages at rest in the real spool, for tests of pages."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from lazaretto.core.decision import Disposition, Summary
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.findings import Verdict
from lazaretto.db.pool import Pool
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.settings import SpoolSettings
from lazaretto.store.given import StoreSettings
from lazaretto.testing.messages import a_copy, a_judgement, a_submission

AUTHOR = "Ann Baker <ann@sender.example>"


def a_letter(subject: str, author: str = AUTHOR, html: str = "", text: str = "Hello.\n") -> bytes:
    """Return the octets of a letter."""
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = author, subject, "<1@sender.example>"
    letter.set_content(html or text, subtype="html" if html else "plain")
    return letter.as_bytes().replace(b"\n", b"\r\n")


def rest(
    store: StoreSettings,
    tenant: str,
    *addresses: str,
    subject: str = "Win a prize",
    reason: str = "spam",
    author: str = AUTHOR,
    reverse_path: str = "bounce@mailer.example",
    html: str = "",
) -> UUID:
    """Put a message of ``tenant`` to rest for ``addresses``; return the copy's id."""
    from lazaretto.store.mailpath import mail_path

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert number is not None
    recipients = tuple(Recipient(address=each) for each in addresses)
    submission = a_submission(
        legs=(Leg(tenant=number, direction=Direction.INBOUND, recipients=recipients),),
        octets=a_letter(subject, author, html),
        reverse_path=reverse_path,
    )
    verdict = {"malware": Verdict.MALWARE, "phishing": Verdict.PHISHING}.get(reason, Verdict.SPAM)
    judgement = replace(
        a_judgement(a_copy(submission, Disposition.QUARANTINE, reason=reason), verdict=verdict),
        summary=Summary(subject=subject, message_id="<1@sender.example>"),
    )

    async def commit() -> None:
        spool, trace = Pool(store.spool, 2), Pool(store.trace, 1)
        keys = await Keys.open(Path(store.master_key), TenantKeyRows(spool))
        contents = Contents(keys, InlineContentRows(spool).fetch, FileContent(Path(store.content)))
        node = await register(spool, Path(store.content), SpoolSettings().node_lease)
        await Acceptor(spool, contents, node, SpoolSettings()).commit(submission, judgement)
        while await Shipper(spool, trace).ship_once():
            pass
        await spool.close()
        await trace.close()

    path.wait(commit())
    copies = path.wait(path.quarantine.list(tenant=number, messages=[submission.id]))
    return copies[0].id


def resting_for(tenant: str, address: str) -> list[UUID]:
    """Return the copies that rest for ``address``."""
    from lazaretto.store.mailpath import mail_path

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    return [each.id for each in path.wait(path.quarantine.list(tenant=number, recipient=address))]
