"""Removes what is over, and nothing else: settled messages, their content, old partitions.

Content in rows is dropped by the hour, whole; what somebody may still need is moved out before.
Everything here is safe to interrupt, to repeat and to run on several nodes at once.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import sql
from psycopg.rows import class_row

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import ContentKind
from lazaretto.db.partitions import Partition, drop, ensure, ensure_ahead, partitions_of
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.contacts import forget_contacts
from lazaretto.spool.content import ContentStore
from lazaretto.spool.content_columns import ContentColumns
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.silences import SharedSilences
from lazaretto.spool.steering import Steering
from lazaretto.spool.tables import CONTENT, CONTENT_KEPT, QUARANTINE
from lazaretto.spool.tallies import Tallies
from lazaretto.spool.timing import utc_now

log = logging.getLogger(__name__)

_PACKAGE: Final = "lazaretto.spool"
BATCH: Final = 500
HOURS_AHEAD: Final = 3
KEEP_HOURS: Final = timedelta(hours=1)
"""How long after its end an hour's content stays where it is: most of it is delivered by then."""
EVERY: Final = 60.0
FORGET_EVERY: Final = timedelta(hours=6)
"""How often acquaintances are gone through; their ages are days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one round of housekeeping did."""

    purged: int = 0
    """Settled messages whose rows are gone."""
    expired: int = 0
    """Copies whose time in quarantine was over."""
    moved: int = 0
    """Content that outlived its hour."""
    dropped: tuple[str, ...] = ()
    """Partitions."""


class Housekeeping:
    """Keeps database ``spool`` small."""

    def __init__(self, pool: Pool, store: ContentStore, settings: SpoolSettings) -> None:
        self._pool = pool
        self._store = store
        self._settings = settings
        self._forgot = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Keep house every minute until cancelled."""
        while True:
            try:
                await self.keep(utc_now())
            except LazarettoError as failure:
                log.warning("housekeeping failed", extra={"reason": str(failure)})
            await asyncio.sleep(EVERY)

    async def keep(self, now: datetime) -> Kept:
        """Do everything that is due at ``now``."""
        await self._make_partitions(now)
        await Steering(self._pool, clock=lambda: now).release_due()
        expired = await self._expire(now)
        purged = await self._purge(now)
        moved, dropped = 0, []
        for partition in await self._old_hours(now):
            moved += await self._move_survivors(partition)
            if await self._drop_hour(partition):
                dropped.append(partition.name)
        dropped += await self._drop_empty_days(now)
        await self._sum_up_ledger()
        await Tallies(self._pool).forget(now)
        await SharedSilences(self._pool).forget(now)
        if now - self._forgot >= FORGET_EVERY:
            await forget_contacts(self._pool, now)
            self._forgot = now
        return Kept(purged=purged, expired=expired, moved=moved, dropped=tuple(dropped))

    async def _make_partitions(self, now: datetime) -> None:
        async with self._pool.transaction() as connection:
            await ensure_ahead(connection, CONTENT, now, HOURS_AHEAD)
            await ensure_ahead(connection, CONTENT_KEPT, now, 1)
            await ensure_ahead(connection, QUARANTINE, now, 1)

    async def _expire(self, now: datetime) -> int:
        quarantine = Quarantine(self._pool, self._settings, clock=lambda: now)
        count = 0
        while expired := await quarantine.expire(now):
            count += expired
        return count

    async def _purge(self, now: datetime) -> int:
        """Remove the rows of messages that ended long enough ago, then their content elsewhere."""
        count = 0
        parameters = {"before": now - self._settings.keep_settled, "wanted": BATCH}
        while True:
            async with (
                self._pool.transaction() as connection,
                connection.cursor(row_factory=class_row(ContentColumns)) as cursor,
            ):
                await cursor.execute(query(_PACKAGE, "purge_settled"), parameters)
                rows = await cursor.fetchall()
            # After the commit: what a crash leaves behind here is an orphan, which the sweeper finds.
            for row in rows:
                if row.content_kind != ContentKind.INLINE.value and row.content_reference:
                    await self._remove(row)
            count += len(rows)
            if len(rows) < BATCH:
                return count

    async def _remove(self, row: ContentColumns) -> None:
        try:
            await self._store.remove(row.content)
        except LazarettoError as failure:
            log.warning("content stays behind", extra={"reason": str(failure)})

    async def _old_hours(self, now: datetime) -> list[Partition]:
        async with self._pool.connection() as connection:
            every = await partitions_of(connection, CONTENT)
        return [partition for partition in every if partition.end + KEEP_HOURS <= now]

    async def _move_survivors(self, partition: Partition) -> int:
        async with self._pool.transaction() as connection:
            await ensure(connection, CONTENT_KEPT, [partition.start])
        count = 0
        while True:
            async with self._pool.transaction() as connection:
                moved = await _move_batch(connection, partition)
            count += moved
            if moved < BATCH:
                return count

    async def _drop_hour(self, partition: Partition) -> bool:
        """Drop an hour of content unless something in it is still needed."""
        async with self._pool.transaction() as connection:
            await _lock(connection, partition)
            # Under the lock, so that nothing can come in between looking and dropping.
            if await _move_batch(connection, partition):
                return False
            await drop(connection, partition)
            return True

    async def _drop_empty_days(self, now: datetime) -> list[str]:
        dropped: list[str] = []
        for table in (CONTENT_KEPT, QUARANTINE):
            async with self._pool.connection() as connection:
                every = await partitions_of(connection, table)
            old = [partition for partition in every if partition.end + timedelta(days=1) <= now]
            dropped += [partition.name for partition in old if await self._drop_if_empty(partition)]
        return dropped

    async def _drop_if_empty(self, partition: Partition) -> bool:
        async with self._pool.transaction() as connection:
            if not await _is_empty(connection, partition):
                return False
            await _lock(connection, partition)
            if not await _is_empty(connection, partition):
                return False
            await drop(connection, partition)
            return True

    async def _sum_up_ledger(self) -> None:
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "sum_up_ledger"))


async def _lock(connection: Connection, partition: Partition) -> None:
    # The whole table first, as everybody else does; with its part first, they and we could wait for
    # each other.  New mail waits behind this lock, so it is given up soon and tried a minute later.
    await connection.execute("SET LOCAL lock_timeout = '500ms'")
    statement = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE")
    await connection.execute(statement.format(sql.Identifier(partition.of.table)))


async def _is_empty(connection: Connection, partition: Partition) -> bool:
    statement = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(partition.name))
    cursor = await connection.execute(statement)
    return await cursor.fetchone() is None


async def _move_batch(connection: Connection, partition: Partition) -> int:
    """Move content of messages that are not done from its hour into a day; return how many."""
    parameters = {"start": partition.start, "end": partition.end, "wanted": BATCH}
    cursor = await connection.execute(query(_PACKAGE, "move_survivors"), parameters, prepare=False)
    return cursor.rowcount
