"""What people said of a message as cases: what was found when it was looked at again, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.intelligence"


class CaseState(Enum):
    """How far a case is."""

    WAITING = "waiting for the message"
    """We do not keep mail that was delivered: whoever has it must hand it in."""
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCase:
    """One report and its answer."""

    id: UUID
    tenant: TenantId
    is_spam: bool
    reporter: str
    about: str
    """The message's id here, its Message-ID, or the name of its file."""
    state: CaseState
    opened_at: datetime
    answered_at: datetime | None = None
    verdict: str = ""
    """What it is found to be now."""
    score: float = 0.0
    findings: tuple[str, ...] = ()
    effect: str = ""
    """What follows, in words."""


class ReportCases:
    """Cases in table ``report_case`` of the database ``control``."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def add(self, case: ReportCase) -> None:
        """Add ``case``."""
        parameters = {
            "id": case.id,
            "tenant": case.tenant,
            "is_spam": case.is_spam,
            "reporter": case.reporter,
            "subject_of": case.about,
            "state": case.state.value,
            "opened_at": case.opened_at,
            "answered_at": case.answered_at,
            "verdict": case.verdict,
            "score": case.score,
            "findings": json_text(list(case.findings)).decode(),
            "effect": case.effect,
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "add_report_case"), parameters)

    async def list(self, tenant: TenantId | None, wanted: int) -> Sequence[ReportCase]:
        """Return cases of ``tenant``, or of all, newest first."""
        parameters = {"tenant": tenant, "wanted": wanted}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "list_report_cases"), parameters)
            return [_case(row) for row in await cursor.fetchall()]


def _case(row: tuple[Any, ...]) -> ReportCase:
    number, owner, is_spam, reporter, about, state, opened, answered, verdict, score, findings, effect = row
    return ReportCase(
        id=number,
        tenant=TenantId(owner),
        is_spam=is_spam,
        reporter=reporter,
        about=about,
        state=CaseState(state),
        opened_at=opened,
        answered_at=answered,
        verdict=verdict,
        score=score,
        findings=tuple(findings),
        effect=effect,
    )
