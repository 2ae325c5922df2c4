"""Mail for portal tests: accepted, delivered and shipped by the product's own parts.

Only the verdict is of the test's choice; content, rows, events and figures come to be as they always do.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Copy, Decision, Difference, Disposition, Judgement, Look, Reason
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.events import Event
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.queued import Outcome, RecipientOutcome, Remote, Settlement
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.journal.shipping import Shipper
from lazaretto.journal.tables import EVENT, MESSAGE, RECIPIENT
from lazaretto.mail.scanner import view_of
from lazaretto.pipeline.summarising import summary_of
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.queue import Queue
from lazaretto.spool.rows import event_row
from lazaretto.spool.settings import SpoolSettings
from lazaretto.store.given import StoreSettings

LETTER = """\
From: {author}
To: {to}
Subject: {subject}
Message-ID: <{identity}@sender.example>
Date: Mon, 02 Mar 2026 12:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=edge

--edge
Content-Type: text/html; charset=utf-8

<p>Dear Bob, <b>please look</b> at <a href="https://login.bad.example/kit">our page</a>.</p>
<img src="https://track.bad.example/pixel.gif"><script>alert(1)</script>
--edge
Content-Type: application/pdf; name="invoice.pdf"
Content-Disposition: attachment; filename="invoice.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK
--edge--
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message, with what shall become of it."""

    tenant: str = "acme"
    recipients: tuple[str, ...] = ("alice@acme.example",)
    sender: str = "ann@partner.example"
    author: str = "Ann <ann@partner.example>"
    subject: str = "An invoice"
    verdict: Verdict = Verdict.CLEAN
    score: float = 0.5
    disposition: Disposition = Disposition.DELIVER
    findings: tuple[Finding, ...] = ()
    direction: Direction = Direction.INBOUND
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    delivered: bool = True
    """Whether the next hop takes it, where it is to be delivered."""
    client_ip: str = "192.0.2.7"
    hostname: str = "mx.partner.example"
    reference: str = ""
    """What a refused sender is told."""
    differences: tuple[Difference, ...] = ()


class PostOffice:
    """Accepts letters into the databases of the portal's tests."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings

    def post(self, *letters: Letter) -> list[UUID]:
        """Accept the letters and ship what happened; return their ids, in order."""

        async def post(parts: _Parts) -> list[UUID]:
            found = [await parts.accept(letter) for letter in letters]
            await parts.ship()
            return found

        return self._run(post)

    def ship(self) -> None:
        """Ship what happened since."""
        self._run(lambda parts: parts.ship())

    def convict(self, event: Event, received_at: datetime) -> None:
        """Write that a message was found to be malware, and ship it."""

        async def write() -> None:
            pool = Pool(self._settings.spool, 1)
            async with pool.transaction() as connection:
                await apply(connection, [Changes(events=(event_row(event, received_at),))], event.at)
            await pool.close()

        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(write())).result()
        self.ship()

    def _run(self, work: Callable[[_Parts], Coroutine[Any, Any, Any]]) -> Any:
        async def run() -> Any:
            spool, trace = Pool(self._settings.spool, 2), Pool(self._settings.trace, 2)
            try:
                keys = await Keys.open(Path(self._settings.master_key), TenantKeyRows(spool))
                contents = Contents(
                    keys, InlineContentRows(spool).fetch, FileContent(Path(self._settings.content))
                )
                settings = SpoolSettings()
                node = await register(spool, Path(self._settings.content), settings.node_lease)
                parts = _Parts(
                    Acceptor(spool, contents, node, settings),
                    Queue(spool, contents, node, settings),
                    Shipper(spool, trace),
                )
                return await work(parts)
            finally:
                await spool.close()
                await trace.close()

        # A browser's driver keeps an event loop in the thread of the test.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(run())).result()


@dataclass
class _Parts:
    acceptor: Acceptor
    queue: Queue
    shipper: Shipper

    async def accept(self, letter: Letter) -> UUID:
        submission = _submission(letter)
        if letter.disposition is Disposition.REJECT:
            reply = Reply(550, "5.7.1", f"refused [{letter.reference}]")
            judgement = replace(_judgement(letter, submission), reference=letter.reference)
            await self.acceptor.refuse(submission, judgement, reply)
            return submission.id
        copies = await self.acceptor.commit(submission, _judgement(letter, submission))
        if letter.disposition is Disposition.DELIVER:
            await self.queue.settle([_settlement(copy, letter.delivered) for copy in copies])
        return submission.id

    async def ship(self) -> None:
        while await self.shipper.ship_once():
            pass


def make_partitions(settings: StoreSettings, at: datetime) -> None:
    """Make what rows of the trace of ``at`` go into, as the shipper does."""

    async def make() -> None:
        pool = Pool(settings.trace, 1)
        async with pool.transaction() as connection:
            for table in (EVENT, MESSAGE, RECIPIENT):
                await ensure(connection, table, [Span.DAY.start_of(at)])
        await pool.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(make())).result()


def number_of(tenant: str) -> TenantId:
    """Return the number of the tenant called ``tenant``."""
    from lazaretto.store.mailpath import mail_path

    found = mail_path().wait(mail_path().tenants.number_of(tenant))
    assert found is not None
    return found


def _submission(letter: Letter) -> Submission:
    recipients = tuple(Recipient(address=address) for address in letter.recipients)
    identity = new_message_id()
    text = LETTER.format(
        author=letter.author, to=", ".join(letter.recipients), subject=letter.subject, identity=identity
    )
    octets = text.replace("\n", "\r\n").encode()
    return Submission(
        id=identity,
        received_at=letter.at,
        client=Client(ip=letter.client_ip, port=4242, helo="mx.partner.example", hostname=letter.hostname),
        envelope=Envelope(reverse_path=letter.sender, recipients=recipients),
        legs=(Leg(tenant=number_of(letter.tenant), direction=letter.direction, recipients=recipients),),
        content=ReceivedContent(size=len(octets), sha256=hashlib.sha256(octets).digest(), octets=octets),
        trace_header=b"Received: from mx.partner.example by mx.example\r\n",
    )


def _judgement(letter: Letter, submission: Submission) -> Judgement:
    leg = submission.legs[0]
    reason = Reason(
        rule=letter.verdict.value,
        disposition=letter.disposition,
        symbols=tuple(each.symbol for each in letter.findings),
        setting=f"antispam.{letter.verdict.value} = {letter.disposition.word}",
    )
    decision = Decision(
        recipients=letter.recipients,
        disposition=letter.disposition,
        reasons=(reason,),
        quarantine_reason=letter.verdict.value if letter.disposition is not Disposition.DELIVER else "",
    )
    octets = submission.content.octets
    assert octets is not None
    view = view_of(octets)
    look = Look(
        verdict=letter.verdict,
        score=letter.score,
        findings=letter.findings,
        sums={"spam": letter.score},
        tenant=letter.tenant,
        version=1,
    )
    return Judgement(
        verdict=letter.verdict,
        score=letter.score,
        findings=letter.findings,
        copies=(
            Copy(
                tenant=leg.tenant,
                direction=leg.direction,
                decision=decision,
                differences=letter.differences,
            ),
        ),
        looks={leg.tenant: look},
        summary=summary_of(view),
        facts={
            "authors": [str(each.address) for each in view.authors],
            "hosts": [url.host for url in view.urls],
            "files": [{"name": "invoice.pdf", "size": 9, "sha256": "ab" * 32, "packed": False}],
            "reverse_path": letter.sender,
            "client_ip": letter.client_ip,
            "hostname": letter.hostname,
            "spf": {"result": "pass", "domain": "partner.example"},
            "dkim": [{"result": "pass", "domain": "partner.example", "selector": "s1"}],
            "dmarc": {"result": "pass", "domain": "partner.example", "policy": "reject"},
        },
        versions={"bundle": "test 1"},
        timings={"look": 3.2, "judge": 0.4},
    )


def _settlement(copy: Any, delivered: bool) -> Settlement:
    outcome = Outcome.DELIVERED if delivered else Outcome.DEFERRED
    reply = Reply(250, "2.0.0", "thanks") if delivered else Reply(451, "4.3.0", "mailbox is busy")
    return Settlement(
        lease=copy.lease,
        at=datetime.now(UTC),
        outcomes=tuple(
            RecipientOutcome(
                number=recipient.number,
                outcome=outcome,
                reply=reply,
                remote=Remote(host="mx.customer.example", ip="192.0.2.9", port=25),
            )
            for recipient in copy.recipients
        ),
        next_at=None if delivered else datetime.now(UTC).replace(year=datetime.now(UTC).year + 1),
    )
