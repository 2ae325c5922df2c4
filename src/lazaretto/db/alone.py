"""Being the only one at something on the whole platform: a lock that ends with its connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lazaretto.db.pool import Pool
from lazaretto.db.sql import query


@asynccontextmanager
async def alone(pool: Pool, what: str) -> AsyncIterator[bool]:
    """Yield whether nobody else is at ``what`` now; while the block lasts nobody else will be.

    Holds one of the pool's connections.  One whose connection is lost is not told so: work under
    this lock must still be safe to repeat; the lock only saves doing it twice.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(query("lazaretto.db", "try_alone"), {"what": what})
        row = await cursor.fetchone()
        is_alone = bool(row and row[0])
        # A transaction left open for minutes would keep the database from cleaning up, and be ended.
        await connection.commit()
        yield is_alone
        if is_alone:
            # After an exception there is nothing to do: the pool throws the connection away.
            await connection.execute(query("lazaretto.db", "end_alone"), {"what": what})
            await connection.commit()
