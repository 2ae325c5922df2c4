"""Writing rows: one statement for a whole group, into partitions that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.rows import Rows, joined, row_set
from lazaretto.spool.tables import CONTENT, QUARANTINE


class PartitionsReady:
    """Makes the partitions that rows need; knows which are there, as housekeeping drops old ones only."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._hours: set[datetime] = set()

    async def make(self, moments: Sequence[datetime]) -> None:
        """Make what ``moments`` need, in a transaction of its own: that may wait for locks."""
        missing = {Span.HOUR.start_of(moment) for moment in moments} - self._hours
        if not missing:
            return
        async with self._pool.transaction() as connection:
            await ensure(connection, CONTENT, sorted(missing))
            await ensure(connection, QUARANTINE, sorted(missing))
        self._hours |= missing

    def forget(self) -> None:
        """Believe nothing to be there any more; it is made again, if it is missing, when it is needed."""
        self._hours.clear()


@dataclass(frozen=True, slots=True)
class _Slot:
    """Which of the octets beside the row set belong to a row of ``content``."""

    tenant: int
    message: UUID
    stored_at: datetime
    slot: int


async def add_rows(connection: Connection, group: Sequence[Rows]) -> None:
    """Add all rows of ``group``; of a message that exists already nothing is added."""
    rows = joined(group)
    slots = [
        _Slot(row.tenant, row.message, row.stored_at, slot) for slot, row in enumerate(rows.contents, start=1)
    ]
    parameters = {
        "messages": row_set(rows.messages),
        "contents": row_set(slots),
        "octets": [row.octets for row in rows.contents],
        "recipients": row_set(rows.recipients),
        "queue": row_set(rows.queue),
        "quarantine": row_set(rows.quarantine),
        "events": row_set(rows.events),
    }
    await connection.execute(query("lazaretto.spool", "accept"), parameters, prepare=True)
