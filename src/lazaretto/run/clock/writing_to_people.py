"""What people are told beside digests: addresses to confirm, decisions, answers to their reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.intelligence.report_cases import ReportCases
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.people_mail.letter import Letter, composed
from lazaretto.run.people_mail.notes import Asked, answer_letter, confirmation, decision_letter
from lazaretto.run.people_mail.posting import sender_of
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.releasing import DENIED, RELEASED, Releases
from lazaretto.tenants.mailboxes import Mailboxes

log = structlog.get_logger(__name__)

BATCH: Final = 200


class WritingToPeople:
    """Mails each of these once; what fails is tried again at the next time."""

    card: ClassVar = JobCard(
        name="writing-to-people",
        summary="Mails people what to confirm, decisions about requests and answers to reports",
        failure="People wait for confirmations, decisions and answers",
        every=timedelta(seconds=20),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._directory = shop.room.directory
        self._mailboxes = Mailboxes(shop.control)
        self._cases = ReportCases(shop.control)
        self._quarantine = Quarantine(shop.room.pool, shop.settings.spool)
        self._releases = Releases(shop.room.pool, self._quarantine)
        self._commit = shop.commit
        self._sender = sender_of(shop)

    async def work(self, now: datetime) -> None:
        """Write what is due at ``now``."""
        await self._confirmations(now)
        await self._decisions(now)
        await self._answers(now)

    async def _confirmations(self, now: datetime) -> None:
        for tenant, mailbox, reader, given_at in await self._mailboxes.unasked(BATCH):
            language = await self._language(tenant, mailbox)
            letter = confirmation(tenant, mailbox, reader, given_at, language, self._sender, now)
            if await self._posted(letter, now):
                await self._mailboxes.note_asked(tenant, mailbox, reader, now)

    async def _decisions(self, now: datetime) -> None:
        decided = await self._releases.list(states=[RELEASED, DENIED], limit=BATCH)
        untold = await self._mailboxes.untold([each.id for each in decided])
        for request in decided:
            tenant = TenantId(request.tenant)
            snapshot = self._directory.by_id(tenant)
            is_person = snapshot is not None and snapshot.accepts(request.requested_by)
            if request.id not in untold or not is_person:
                continue
            copies = await self._quarantine.list(tenant=tenant, copies=[request.quarantine])
            asked = Asked(
                tenant=tenant,
                request=request.id,
                address=request.requested_by,
                subject=copies[0].subject if copies else "",
                sender=copies[0].sender if copies else "",
                is_granted=request.state == RELEASED,
                reason=request.decision_reason,
            )
            letter = decision_letter(asked, await self._language(tenant, asked.address))
            if await self._posted(letter, now):
                await self._mailboxes.note_decision_told(request.id, now)

    async def _answers(self, now: datetime) -> None:
        for case in await self._cases.untold(BATCH):
            letter = answer_letter(case, await self._language(case.tenant, case.reporter))
            if await self._posted(letter, now):
                await self._cases.note_told(case.id, now)

    async def _language(self, tenant: TenantId, address: str) -> str:
        snapshot = self._directory.by_id(tenant)
        chosen = await self._mailboxes.choices(tenant, address)
        return chosen.language or (snapshot.language if snapshot else "en")

    async def _posted(self, letter: Letter, now: datetime) -> bool:
        """Commit a letter; False where that must be tried again.  Twice is once."""
        try:
            await self._commit(composed(letter, self._sender, now))
        except LazarettoError as failure:
            log.warning("a mail to somebody waits", tenant=letter.tenant, problem=str(failure))
            return False
        return True
