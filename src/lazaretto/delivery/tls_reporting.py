"""The daily TLS reports: to each domain that asks for one, about what became of TLS with its hosts.

What cannot be handed over by HTTPS is tried again for a day (RFC 8460 §5.5); by mail the queue does
that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lazaretto.core.facts import Resolver
from lazaretto.delivery.daily import MOST_OWED, Commit, due_at, send_each
from lazaretto.delivery.https import HttpsFailed
from lazaretto.delivery.report_mail import mail_of, packed, report_id
from lazaretto.delivery.report_post import ReportPost
from lazaretto.delivery.report_store import Due, ReportStore
from lazaretto.protocol.tls_report import TlsReport, targets_in, whole_day

GIVE_UP_AFTER: Final = timedelta(days=2)


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
        """Send what is due at ``now``; return how many domains are done with."""
        oldest = (now - GIVE_UP_AFTER).date()
        owed = await self._store.unreported(since=oldest, before=now.date(), wanted=MOST_OWED)
        return await send_each(owed, now, self._report)

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


def _is_over(due: Due, now: datetime) -> bool:
    return now >= due_at(due.day, due.domain) + timedelta(days=1)
