"""Is everything that was accepted still accounted for?

What was accepted must be the sum of what has ended, what is on its way and what rests; and each
recipient on its way must have exactly one row that will move it on.  Counts are kept in the
transactions that moved the copies, so a difference is a fault of ours and never a matter of timing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.spool"


@dataclass(frozen=True, slots=True)
class Balance:
    """The recipients of one tenant, since the beginning."""

    tenant: TenantId
    accepted: int
    delivered: int
    bounced: int
    deleted: int
    queued: int
    quarantined: int
    orphans: int
    """On their way without a queue row or quarantine row that would move them on."""
    doubles: int
    """In more than one such row."""

    @property
    def difference(self) -> int:
        """How many are missing (above 0) or too many (below 0)."""
        ended = self.delivered + self.bounced + self.deleted
        return self.accepted - ended - self.queued - self.quarantined

    @property
    def is_right(self) -> bool:
        """Tell whether everything is accounted for."""
        return self.difference == 0 and self.orphans == 0 and self.doubles == 0


async def reconcile(pool: Pool) -> list[Balance]:
    """Return the balance of every tenant that ever had mail, in order of tenants."""
    async with (
        pool.connection() as connection,
        connection.cursor(row_factory=class_row(Balance)) as cursor,
    ):
        await connection.execute(query(_PACKAGE, "read_everything"))
        await cursor.execute(query(_PACKAGE, "reconcile"), prepare=False)
        return await cursor.fetchall()
