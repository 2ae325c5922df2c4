"""Destinations and hosts that do not answer, as all deliver processes know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from lazaretto.core.queued import SILENCES_KEPT, Silence
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"


class SharedSilences:
    """Table ``silence``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def share(self, changed: Sequence[Silence], now: datetime) -> list[Silence]:
        """Write ``changed``, of which those without failures are over; return all that last at ``now``."""
        begun = sorted((each for each in changed if each.failures), key=lambda each: each.name)
        ended = sorted(each.name for each in changed if not each.failures)
        async with self._pool.transaction() as connection:
            if begun:
                await connection.execute(query(_PACKAGE, "note_silences"), {"rows": row_set(begun)})
            if ended:
                await connection.execute(query(_PACKAGE, "end_silences"), {"names": ended})
            async with connection.cursor(row_factory=class_row(Silence)) as cursor:
                await cursor.execute(query(_PACKAGE, "read_silences"), {"now": now})
                return await cursor.fetchall()

    async def forget(self, now: datetime) -> None:
        """Forget what was over long before ``now``."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "forget_silences"), {"before": now - SILENCES_KEPT})
