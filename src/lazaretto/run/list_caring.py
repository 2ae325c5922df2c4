"""Lists that clean themselves, trials that are proposed to act, proposals that nobody decided."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.intelligence.report_cases import ReportCases
from lazaretto.journal.auditing import Act, AuditLog
from lazaretto.journal.list_uses import ListUses
from lazaretto.journal.looks_found import tried_messages
from lazaretto.tenants.caring import Known, Over, behaved, listed_in, over, without
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.entry_ages import EntryAges
from lazaretto.tenants.reviewing import Reviews
from lazaretto.tenants.services.list_care import ListCare
from lazaretto.tenants.store import OutdatedVersion, TenantStore
from lazaretto.tenants.trials import has_trials, promoted

log = structlog.get_logger(__name__)

AGAIN_AFTER: Final = timedelta(hours=6)
"""How soon the lists of a tenant are looked after again where nobody published."""
ACTOR: Final = "program:list-care"
"""Who publishes and proposes here, as history and audit name it."""


class ListCarer:
    """Looks after the lists of every tenant."""

    def __init__(self, control: Pool, trace: Pool, tenants: TenantStore, trace_dsn: str) -> None:
        self._trace_dsn = trace_dsn
        self._tenants = tenants
        self._reviews = Reviews(control, self._tenants)
        self._ages = EntryAges(control)
        self._uses = ListUses(trace)
        self._cases = ReportCases(control)
        self._audit = AuditLog(control)
        self._cared: dict[TenantId, tuple[int, datetime]] = {}
        """With which version, and when, each tenant's lists were looked after."""

    async def work(self, now: datetime) -> None:
        """Remove what is over, propose what behaved, end what nobody decided."""
        await self._reviews.end_old(now)
        for name, state in (await self._tenants.states()).items():
            version, at = self._cared.get(state.tenant, (0, now))
            if version == state.version and now - at < AGAIN_AFTER:
                continue
            try:
                await self._care_for(name, state.tenant, now)
                self._cared[state.tenant] = (state.version, now)
            except OutdatedVersion:
                # Somebody published meanwhile; the next hour comes.
                continue
            except ConfigurationError as failure:
                log.warning("lists not cared for", tenant=name, problem=str(failure))

    async def _care_for(self, name: str, tenant: TenantId, now: datetime) -> None:
        version, text = await self._tenants.in_force(name)
        document = parse_document(text, name)
        since = await self._ages.note(tenant, listed_in(document), now)
        uses = await self._uses.of(tenant)
        last_used = {each.entry: each.last_used for each in uses if not each.mailbox}
        known = Known(since=since, last_used=last_used)
        if gone := over(document, known, now):
            document = await self._remove(document, version, tenant, gone)
        await self._propose(document, tenant, known, now)

    async def _remove(
        self, document: TenantDocument, version: int, tenant: TenantId, gone: list[Over]
    ) -> TenantDocument:
        kept = without(document, gone)
        told = [f"{each.listed.list} {each.listed.entry}: {each.why}" for each in gone]
        act = Act(tenant=tenant, actor=ACTOR, act="lists.clean", object=document.tenant, before=told)
        async with self._audit.recorded(act):
            # What ends by a rule that people approved needs no second person each time.
            await self._tenants.apply(
                export_document(kept),
                by=ACTOR,
                note=f"{len(gone)} entries of lists are over",
                expected=version,
                reviewed=True,
            )
        log.info("entries of lists removed", tenant=document.tenant, entries=len(gone))
        return kept

    async def _propose(self, document: TenantDocument, tenant: TenantId, known: Known, now: datetime) -> None:
        if not has_trials(document):
            return
        span = timedelta(days=ListCare.of(document).trial_days)
        tried = await asyncio.to_thread(tried_messages, self._trace_dsn, tenant, now - span)
        disputes = len(tried & await self._cases.reported(tenant, now - span))
        ripe = behaved(document, known, disputes, now)
        if not ripe:
            return
        waiting = await self._reviews.list(document.tenant, limit=500)
        if any(each.proposed_by == ACTOR and each.proposed_at > now - span for each in waiting):
            # Whoever rejected it is not asked again every hour.
            return
        names = ", ".join(each.words for each in ripe)[:200]
        note = f"{names}: on trial for {span.days} days, {disputes} of {len(tried)} hits disputed: let it act"
        changed = export_document(promoted(document, ripe))
        made = await self._reviews.propose(changed, ACTOR, note=note, now=now)
        act = Act(
            tenant=tenant,
            actor=ACTOR,
            act="proposal.make",
            object=document.tenant,
            after={"proposal": made.id, "note": note},
        )
        await self._audit.record(act)
