"""Releases and reports as votes of a tenant's people about the kind of mail that it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from lazaretto.core.address import domain_of
from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import Directory
from lazaretto.db.pool import Pool
from lazaretto.detect.learned.leanings import subjects_of
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.journal.look_told import told_of_look
from lazaretto.journal.outbox import OutboxEvent

log = structlog.get_logger(__name__)

MOST_RELEASES: Final = 200
"""Releases of one batch of events that are gone into: who releases a thousand at once votes once."""


class ReleaseVoter:
    """Votes for whoever releases mail; a failure keeps nobody from anything."""

    def __init__(self, leanings: LeaningStore, trace: Pool, directory: Directory) -> None:
        self._leanings = leanings
        self._trace = trace
        self._directory = directory

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Note what the releases among ``events`` say."""
        released = [each for each in events if each.kind is EventKind.RELEASED]
        for event in released[:MOST_RELEASES]:
            person = str(event.details.get("by") or "")
            tenant = self._directory.by_id(TenantId(event.tenant))
            # An operator's word is about one message; what a tenant likes, its own people say.
            if tenant is None or domain_of(person) not in tenant.domains:
                continue
            try:
                told = await told_of_look(self._trace, event.message, tenant.tenant)
                subjects = subjects_of(told.get("facts") or {}, _findings(told.get("findings") or ()))
                await self._leanings.vote(tenant.tenant, person, subjects, event.at, is_wanted=True)
            except LazarettoError as failure:
                log.warning("a release was not learnt from", problem=str(failure))


def _findings(told: Iterable[Mapping[str, Any]]) -> list[Finding]:
    return [
        Finding(
            str(each.get("symbol")),
            float(each.get("score") or 0.0),
            verdict=Verdict(each["class"]) if each.get("class") else None,
        )
        for each in told
    ]


async def vote_by_report(
    leanings: LeaningStore,
    tenant: TenantId,
    person: str,
    facts: Mapping[str, Any],
    findings: Iterable[Finding],
    now: datetime,
    *,
    is_spam: bool,
) -> int:
    """Note what a report says; return how many votes count."""
    return await leanings.vote(tenant, person, subjects_of(facts, findings), now, is_wanted=not is_spam)
