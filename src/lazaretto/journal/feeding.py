"""A tenant's events in their order, for programs that go on reading where they stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FedEvent:
    """One event of a feed."""

    shipped: int
    """Its place in the feed: reading goes on after it."""
    at: datetime
    message: UUID
    kind: str
    recipients: list[str]
    """Those that it is about; empty = all of the message's."""
    details: dict[str, Any]


class Feed:
    """Events in database ``trace``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(
        self, tenant: TenantId, after: int, *, kinds: Sequence[EventKind] = (), limit: int = 1_000
    ) -> Sequence[FedEvent]:
        """Return what reached the trace after place ``after``, in its order, at most ``limit``."""
        parameters = {
            "tenant": tenant,
            "after": after,
            "kinds": [kind.value for kind in kinds] or None,
            "wanted": min(limit, MOST),
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(FedEvent)) as cursor,
        ):
            await cursor.execute(query("lazaretto.journal", "read_feed"), parameters, prepare=False)
            return await cursor.fetchall()

    async def end(self, tenant: TenantId) -> int:
        """Return the place of the tenant's latest event; 0 when there is none."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query("lazaretto.journal", "end_of_feed"), {"tenant": tenant})
            row = await cursor.fetchone()
        return 0 if row is None else int(row[0])
