"""What people said of a message as cases: what was found when it was looked at again, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, LiteralString
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.intelligence"


class CaseState(Enum):
    """How far a case is."""

    OPEN = "open"
    """Somebody reported it, and the message is to be looked at again."""
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
    way: str = ""
    """By which way it came: ``portal``, ``mail``, ``digest``; empty = by command."""


class ReportCases:
    """Cases in table ``report_case`` of the database ``control``."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def add(self, case: ReportCase) -> None:
        """Add ``case``, or put what came of it in the place of what was known."""
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
            "way": case.way,
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "add_report_case"), parameters)

    async def open_ones(self, wanted: int) -> Sequence[ReportCase]:
        """Return cases of all tenants whose message is to be looked at again, oldest first."""
        return await self._listed("open_report_cases", {"wanted": wanted})

    async def untold(self, wanted: int) -> Sequence[ReportCase]:
        """Return cases of people whose end they have not been told, oldest first."""
        return await self._listed("untold_report_cases", {"wanted": wanted})

    async def note_told(self, case: UUID, now: datetime) -> None:
        """Note that the reporter was told what came of ``case``."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "note_reporter_told"), {"id": case, "now": now})

    async def reported(self, tenant: TenantId, since: datetime) -> frozenset[str]:
        """Return what people of ``tenant`` reported since then, as ``ReportCase.about`` names it."""
        async with self._pool.connection() as connection:
            parameters = {"tenant": tenant, "since": since}
            cursor = await connection.execute(query(_PACKAGE, "reported_messages"), parameters)
            return frozenset(str(row[0]) for row in await cursor.fetchall())

    async def list(self, tenant: TenantId | None, wanted: int) -> Sequence[ReportCase]:
        """Return cases of ``tenant``, or of all, newest first."""
        return await self._listed("list_report_cases", {"tenant": tenant, "wanted": wanted})

    async def _listed(self, name: LiteralString, parameters: dict[str, Any]) -> Sequence[ReportCase]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, name), parameters)
            return [_case(row) for row in await cursor.fetchall()]


def _case(row: tuple[Any, ...]) -> ReportCase:
    (
        number,
        owner,
        is_spam,
        reporter,
        about,
        state,
        opened,
        answered,
        verdict,
        score,
        findings,
        effect,
        way,
    ) = row
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
        way=way,
    )
