"""Refused senders: what the reference in our reply speaks of, and that they ask to be let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    proposal: int | None
    """The proposal to let the sender in that waits for a second person."""


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

    async def add(self, refused: RefusedMessage, reference: str, now: datetime) -> None:
        """Note that the sender of ``refused`` asks; asking again changes nothing but the count."""
        parameters = {
            "tenant": refused.tenant,
            "reference": reference,
            "message": refused.message,
            "sender": refused.sender or "",
            "now": now,
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "add_plea"), parameters)

    async def list(self, tenant: TenantId, *, limit: int = 100) -> Sequence[Plea]:
        """Return what was asked of ``tenant``, what waits for a decision first."""
        return await self._list(tenant, None, min(limit, MOST))

    async def get(self, tenant: TenantId, number: int) -> Plea | None:
        """Return one; None when it is not the tenant's."""
        found = await self._list(tenant, number, 1)
        return found[0] if found else None

    async def decide(self, plea: Plea, decision: Decision, by: str, now: datetime) -> None:
        """Note a decision; one that was decided meanwhile stays so."""
        await self._note(plea, decision=decision.value, by=by, now=now, proposal=None)

    async def wait_for(self, plea: Plea, proposal: int) -> None:
        """Note that a second person decides about ``proposal``, and thereby about ``plea``."""
        await self._note(plea, decision=None, by="", now=None, proposal=proposal)

    async def _list(self, tenant: TenantId, number: int | None, wanted: int) -> Sequence[Plea]:
        parameters = {"tenant": tenant, "id": number, "wanted": wanted, "now": datetime.now(UTC)}
        return await _rows(self._pool, "list_pleas", Plea, parameters)

    async def _note(self, plea: Plea, **values: Any) -> None:
        async with self._pool.transaction() as connection:
            parameters = {"tenant": plea.tenant, "id": plea.id, **values}
            await connection.execute(query(_PACKAGE, "decide_plea"), parameters, prepare=False)


async def _rows(pool: Pool, name: LiteralString, row: type[Row], parameters: dict[str, Any]) -> Sequence[Row]:
    async with (
        pool.transaction() as connection,
        connection.cursor(row_factory=class_row(row)) as cursor,
    ):
        await cursor.execute(query(_PACKAGE, name), parameters, prepare=False)
        return await cursor.fetchall()
