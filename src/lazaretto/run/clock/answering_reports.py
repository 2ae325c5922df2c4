"""What people reported, looked at again and answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

import structlog

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import MessageId, created_at
from lazaretto.core.submission import Submission
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.intelligence.report_cases import ReportCase, ReportCases
from lazaretto.intelligence.signature_store import Reporter, SignatureStore, Source
from lazaretto.pipeline.asking import Asker
from lazaretto.run.gathering import gather_with
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.learning import answer
from lazaretto.run.naming import resolver_of
from lazaretto.spool.content_reading import ContentReader
from lazaretto.spool.intake import discard
from lazaretto.spool.kept import kept_content

log = structlog.get_logger(__name__)

BATCH: Final = 50


class AnsweringReports:
    """Has each open case's message looked at again, learns from it, and keeps the answer."""

    card: ClassVar = JobCard(
        name="answering-reports",
        summary="Looks again at what people reported, learns from it and answers them",
        failure="Reporters wait for their answer, and nothing is learnt from what they said",
        every=timedelta(seconds=20),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        room, settings = shop.room, shop.settings
        self._cases = ReportCases(shop.control)
        self._signatures = SignatureStore(shop.control)
        self._leanings = LeaningStore(shop.control)
        self._pool = room.pool
        self._reader = ContentReader(room.contents, shop.temporary.path, settings.content)
        gather = gather_with(
            resolver_of(settings, shop.options), settings.scan, room.directory, None, settings.clamav
        )
        self._asker = Asker(shop.home.sockets, room.looking, gather, settings.scan)

    async def work(self, now: datetime) -> None:
        """Answer what is open; one that cannot be looked at now waits."""
        for case in await self._cases.open_ones(BATCH):
            try:
                await self._answer(case, now)
            except LazarettoError as failure:
                log.warning("a report waits", case=str(case.id), problem=str(failure))

    async def _answer(self, case: ReportCase, now: datetime) -> None:
        await answer(
            self._cases,
            self._signatures,
            await self._look(case),
            Reporter(Source.USER, case.tenant, case.reporter),
            is_spam=case.is_spam,
            about=case.about,
            now=now,
            leanings=self._leanings,
            open_case=case,
        )

    async def _look(self, case: ReportCase) -> Judgement | None:
        """Return a new look at what the case is about; None when nobody has it any more."""
        try:
            message = UUID(case.about)
        except ValueError:
            return None
        ref = await kept_content(self._pool, message, case.tenant)
        if ref is None:
            return None
        content = await self._reader.fetch(ref)
        try:
            return await self._asker.look_patiently(_again(case, message, content))
        finally:
            discard(content)


def _again(case: ReportCase, message: UUID, content: ReceivedContent) -> Submission:
    """Return the message as it is looked at again: who brought it is not known any more."""
    recipients = (Recipient(address=case.reporter),)
    return Submission(
        id=MessageId(message),
        received_at=created_at(message),
        client=Client(ip="0.0.0.0"),  # noqa: S104 - "not known any more", not one to listen on
        envelope=Envelope(reverse_path="", recipients=recipients),
        legs=(Leg(tenant=case.tenant, direction=Direction.INBOUND, recipients=recipients),),
        content=content,
    )
