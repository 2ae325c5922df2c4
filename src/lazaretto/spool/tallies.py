"""What senders sent, by the hour, as all edges counted it together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from psycopg.rows import class_row

from lazaretto.core.excess import Counted
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"
KEEP: Final = timedelta(hours=26)


class Tallies:
    """Table ``tally``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def share(self, counted: Sequence[Counted], since: datetime) -> list[Counted]:
        """Add ``counted``; return what all counted under the same subjects ``since`` then.

        Rows must come in one order everywhere, as two edges may add to the same ones.
        """
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "add_tallies"), {"rows": row_set(counted)})
            keys = {(each.tenant, each.subject) for each in counted}
            wanted = [{"tenant": tenant, "subject": subject} for tenant, subject in sorted(keys)]
            return await _read(connection, since, row_set(wanted))

    async def read(self, since: datetime) -> list[Counted]:
        """Return everything that was counted ``since`` then."""
        async with self._pool.connection() as connection:
            return await _read(connection, since, None)

    async def forget(self, now: datetime) -> None:
        """Forget what no limit looks back to at ``now``."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "forget_tallies"), {"before": now - KEEP})


async def _read(connection: Connection, since: datetime, keys: str | None) -> list[Counted]:
    async with connection.cursor(row_factory=class_row(Counted)) as cursor:
        await cursor.execute(query(_PACKAGE, "read_tallies"), {"since": since, "keys": keys}, prepare=False)
        return await cursor.fetchall()
