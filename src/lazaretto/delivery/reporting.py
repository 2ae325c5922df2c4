"""The daily TLS reports: to each domain that asks for one, about what became of TLS with its hosts.

Reports go out in the hours after midnight UTC, each domain at a moment of its own, so that a domain
that many write to is not flooded.  What cannot be handed over by HTTPS is tried again for a day
(RFC 8460 §5.5); by mail the queue does that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.facts import Resolver
from lazaretto.core.queued import ComposedMessage
from lazaretto.delivery.https import HttpsFailed
from lazaretto.delivery.report_mail import mail_of, packed, report_id
from lazaretto.delivery.report_post import ReportPost
from lazaretto.delivery.report_store import Due, ReportStore
from lazaretto.protocol.tls_report import TlsReport, targets_in, whole_day

log = structlog.get_logger(__name__)

NOT_BEFORE: Final = timedelta(minutes=15)
"""After midnight: every process has stored its counters of the day by then."""
SPREAD: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(days=2)
MOST_AT_ONCE: Final = 200

Commit = Callable[[ComposedMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """In whose name reports go out."""

    submitter: str
    """A domain name of ours."""
    organization: str
    contact: str
    author: str
    """The address in From."""


class TlsReporter:
    """Sends the reports that are due."""

    def __init__(
        self, store: ReportStore, resolver: Resolver, commit: Commit, post: ReportPost, signature: Signature
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._commit = commit
        self._post = post
        self._signature = signature

    async def send_due(self, now: datetime) -> int:
        """Send what is due at ``now``; return how many domains are done with.

        One that fails is left for the next time and does not stop the others.
        """
        oldest = (now - GIVE_UP_AFTER).date()
        owed = await self._store.unreported(since=oldest, before=now.date(), wanted=MOST_AT_ONCE * 50)
        due = [each for each in owed if now >= due_at(each.day, each.domain)][:MOST_AT_ONCE]
        done = 0
        for each in due:
            try:
                done += await self._report(each, now)
            except LazarettoError as failure:
                log.warning("TLS report not sent", domain=each.domain, problem=str(failure))
        return done

    async def _report(self, due: Due, now: datetime) -> bool:
        answer = await self._resolver.ask(f"_smtp._tls.{due.domain}", "TXT")
        if answer.failed:
            return False
        targets = targets_in(answer.records)
        if not targets:
            await self._store.note(due, "", "no report is wanted", now, is_settled=True)
            return True
        began, ended = whole_day(due.day)
        report = TlsReport(
            organization=self._signature.organization,
            contact=self._signature.contact,
            id=report_id(due.domain, began, self._signature.submitter),
            began=began,
            ended=ended,
            policies=await self._store.counted(due),
        )
        known = await self._store.settled(due)
        settled = [
            known.get(target, (False, 0))[0] or await self._send(due, report, target, now)
            for target in targets
        ]
        if not all(settled):
            return False
        await self._store.note(due, "", f"{len(targets)} reports", now, is_settled=True)
        return True

    async def _send(self, due: Due, report: TlsReport, target: str, now: datetime) -> bool:
        """Hand ``report`` over; tell whether nothing more is to be done there."""
        signature = self._signature
        scheme, _, address = target.partition(":")
        outcome, is_settled = "queued", True
        if scheme == "mailto":
            mail = mail_of(
                report,
                due.domain,
                address,
                author=signature.author,
                submitter=signature.submitter,
                now=now,
            )
            await self._commit(mail)
            outcome = f"queued as {mail.id}"
        else:
            try:
                await self._post.post(target, packed(report))
                outcome = "taken"
            except HttpsFailed as failed:
                outcome, is_settled = f"not taken: {failed}", _is_over(due, now)
        await self._store.note(due, target, outcome, now, is_settled=is_settled)
        return is_settled


def due_at(day: date, domain: str) -> datetime:
    """Return when the report about ``day`` goes to ``domain``: the same moment on every node."""
    share = int.from_bytes(blake2b(domain.encode(), digest_size=4).digest()) / 2**32
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    return midnight + NOT_BEFORE + share * SPREAD


def _is_over(due: Due, now: datetime) -> bool:
    return now >= due_at(due.day, due.domain) + timedelta(days=1)
