"""Refused senders: what the reference in our reply speaks of, and that they ask to be let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.journal"
MOST: Final = 1_000
Row = TypeVar("Row")


class Decision(Enum):
    """What a tenant's people decided."""

    GRANTED = "granted"
    """The sender was approved for some days."""
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A refused message, as one tenant's part of the trace knows it."""

    tenant: int
    message: UUID
    at: datetime
    sender: str | None
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """A refused sender asks to be let in."""

    id: int
    tenant: int
    reference: str
    message: UUID
    sender: str
    asked_at: datetime
    times: int
    """How often it was asked; only the first time counts as news."""
    decision: str | None
    """None = nobody decided yet."""
    decided_by: str
    decided_at: datetime | None


class RefusedMail:
    """Refused messages in database ``trace``, by the reference in our reply."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, reference: str) -> Sequence[RefusedMessage]:
        """Return what ``reference`` speaks of; several rows where it was for several tenants."""
        return await _rows(self._pool, "find_refusals", RefusedMessage, {"reference": reference})


class Pleas:
    """What refused senders asked, in database ``control``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, refused: RefusedMessage, reference: str, now: datetime) -> Plea:
        """Note that the sender of ``refused`` asks; asking again changes nothing but the count."""
        parameters = {
            "tenant": refused.tenant,
            "reference": reference,
            "message": refused.message,
            "sender": refused.sender or "",
            "now": now,
        }
        return (await _rows(self._pool, "add_plea", Plea, parameters))[0]

    async def list(self, tenant: TenantId, *, limit: int = 100) -> Sequence[Plea]:
        """Return what was asked of ``tenant``, what waits for a decision first."""
        parameters = {"tenant": tenant, "id": None, "wanted": min(limit, MOST)}
        return await _rows(self._pool, "list_pleas", Plea, parameters)

    async def get(self, tenant: TenantId, number: int) -> Plea | None:
        """Return one; None when it is not the tenant's."""
        found = await _rows(self._pool, "list_pleas", Plea, {"tenant": tenant, "id": number, "wanted": 1})
        return found[0] if found else None

    async def decide(
        self, tenant: TenantId, number: int, decision: Decision, by: str, now: datetime
    ) -> Plea | None:
        """Note a decision; None when there is nothing to decide."""
        parameters = {"tenant": tenant, "id": number, "decision": decision.value, "by": by, "now": now}
        found = await _rows(self._pool, "decide_plea", Plea, parameters)
        return found[0] if found else None


async def _rows(pool: Pool, name: LiteralString, row: type[Row], parameters: dict[str, Any]) -> Sequence[Row]:
    async with (
        pool.transaction() as connection,
        connection.cursor(row_factory=class_row(row)) as cursor,
    ):
        await cursor.execute(query(_PACKAGE, name), parameters, prepare=False)
        return await cursor.fetchall()
