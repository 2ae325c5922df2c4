"""Whether the tables of accounts are there: the web process makes them, which starts last."""

from __future__ import annotations

from lazaretto.db.pool import Pool
from lazaretto.db.sql import query


async def are_made(control: Pool) -> bool:
    """Tell whether a web process has run yet on database ``control``."""
    async with control.connection() as connection:
        cursor = await connection.execute(query("lazaretto.run", "account_tables"))
        row = await cursor.fetchone()
    return row is not None and bool(row[0])
