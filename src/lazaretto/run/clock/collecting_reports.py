"""Mail at an address for reports, made cases of."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import uuid5

import structlog

from lazaretto.core.address import fold
from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import new_message_id
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.intelligence.report_cases import CaseState, ReportCase, ReportCases
from lazaretto.intelligence.signature_store import Reporter, SignatureStore, Source
from lazaretto.pipeline.asking import Asker
from lazaretto.policy.judging import REPORT
from lazaretto.run.gathering import gather_with
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.learning import answer
from lazaretto.run.naming import resolver_of
from lazaretto.run.reported import Reported, reported_in, reporter_of
from lazaretto.spool.kept import kept_content
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy, Resting

log = structlog.get_logger(__name__)

BATCH: Final = 20


class CollectingReports:
    """Looks at what people reported by mail, learns from it, and ends the report itself.

    Only the tenant's own people are heard.  Their word is one of several that it takes to change
    anything, so that a forged report costs a look and no more.
    """

    card: ClassVar = JobCard(
        name="collecting-reports",
        summary="Makes cases of mail that was sent to an address for reports",
        failure="Reports that were mailed wait for their answer",
        every=timedelta(seconds=20),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        room, settings = shop.room, shop.settings
        self._room = room
        self._quarantine = Quarantine(room.pool, settings.spool)
        self._cases = ReportCases(shop.control)
        self._signatures = SignatureStore(shop.control)
        self._leanings = LeaningStore(shop.control)
        gather = gather_with(
            resolver_of(settings, shop.options), settings.scan, room.directory, None, settings.clamav
        )
        self._asker = Asker(shop.home.sockets, room.looking, gather, settings.scan)

    async def work(self, now: datetime) -> None:
        """Deal with the reports that rest; one that cannot be dealt with now stays."""
        for copy in await self._quarantine.list(resting=Resting(reason=REPORT), limit=BATCH):
            snapshot = self._room.directory.by_id(copy.tenant)
            try:
                if snapshot is not None:
                    await self._collect(copy, snapshot, now)
                await self._quarantine.delete([copy.id], by="reports")
            except LazarettoError as failure:
                log.warning("a report waits", copy=str(copy.id), problem=str(failure))

    async def _collect(self, copy: QuarantinedCopy, snapshot: TenantSnapshot, now: datetime) -> None:
        ref = await kept_content(self._room.pool, copy.message, copy.tenant)
        if ref is None:
            return
        octets = await self._room.contents.open(ref)
        reporter = reporter_of(octets, snapshot)
        if not reporter:
            log.info("a stranger's report is not heard", copy=str(copy.id))
            return
        is_spam = snapshot.options.get("reports.not_spam") not in {fold(each) for each in copy.recipients}
        reported = reported_in(octets)
        if not reported:
            await self._cases.add(_case(copy, reporter, copy.message_id, 0, now, is_spam=is_spam))
        for number, each in enumerate(reported, start=1):
            case = _case(copy, reporter, each.about, number, now, is_spam=is_spam)
            await answer(
                self._cases,
                self._signatures,
                await self._asker.look_patiently(_again(each, case)),
                Reporter(Source.USER, copy.tenant, reporter),
                is_spam=is_spam,
                about=each.about,
                now=now,
                leanings=self._leanings,
                open_case=case,
            )


def _case(
    copy: QuarantinedCopy, reporter: str, about: str, number: int, now: datetime, *, is_spam: bool
) -> ReportCase:
    """Return a case whose id is made of the report, so that one that is read twice is one case."""
    return ReportCase(
        id=uuid5(copy.id, f"case {number}"),
        tenant=copy.tenant,
        is_spam=is_spam,
        reporter=reporter,
        about=about[:200] or str(copy.message),
        state=CaseState.WAITING,
        opened_at=now,
        effect="nothing yet: the report holds no message; send it again with the message as an attachment",
        way="mail",
    )


def _again(reported: Reported, case: ReportCase) -> Submission:
    """Return the reported message as it is looked at: who brought it is not known."""
    recipients = (Recipient(address=case.reporter),)
    return Submission(
        id=new_message_id(),
        received_at=case.opened_at,
        client=Client(ip="0.0.0.0"),  # noqa: S104 - "not known", not one to listen on
        envelope=Envelope(reverse_path="", recipients=recipients),
        legs=(Leg(tenant=case.tenant, direction=Direction.INBOUND, recipients=recipients),),
        content=ReceivedContent(
            size=len(reported.octets),
            sha256=hashlib.sha256(reported.octets).digest(),
            octets=reported.octets,
        ),
    )
