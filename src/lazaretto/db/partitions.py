"""Partitions by hour and by day: made ahead, listed, dropped whole.

Their names carry their beginning (``content_2026112410``), so that nothing else needs to know it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from psycopg import sql

from lazaretto.db.pool import Connection
from lazaretto.db.sql import query

# Any number does that no other lock of ours has.
_LOCK: Final = 0x70617274


class Span(Enum):
    """How much time one partition holds."""

    HOUR = timedelta(hours=1)
    DAY = timedelta(days=1)

    def start_of(self, moment: datetime) -> datetime:
        """Return the beginning of the partition that ``moment`` belongs to (UTC)."""
        start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return start if self is Span.HOUR else start.replace(hour=0)


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table whose partitions are spans of time."""

    table: str
    span: Span

    def name(self, start: datetime) -> str:
        """Return the name of the partition that begins at ``start``."""
        return f"{self.table}_{start:%Y%m%d%H}"


@dataclass(frozen=True, slots=True)
class Partition:
    """One of them."""

    of: Partitioned
    start: datetime

    @property
    def name(self) -> str:
        """Its table's name."""
        return self.of.name(self.start)

    @property
    def end(self) -> datetime:
        """When it stops taking rows."""
        return self.start + self.of.span.value


async def ensure(connection: Connection, table: Partitioned, moments: Sequence[datetime]) -> None:
    """Make the partitions that ``moments`` belong to, unless they exist; commits nothing."""
    starts = sorted({table.span.start_of(moment) for moment in moments})
    known = {each.start for each in await partitions_of(connection, table)}
    missing = [start for start in starts if start not in known]
    if not missing:
        return
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    known = {each.start for each in await partitions_of(connection, table)}
    for start in missing:
        if start not in known:
            await _make(connection, Partition(table, start))


async def ensure_ahead(connection: Connection, table: Partitioned, now: datetime, count: int) -> None:
    """Make the partition of ``now`` and the next ``count`` ones."""
    await ensure(connection, table, [now + table.span.value * step for step in range(count + 1)])


async def partitions_of(connection: Connection, table: Partitioned) -> tuple[Partition, ...]:
    """Return the partitions that exist, oldest first."""
    cursor = await connection.execute(query("lazaretto.db", "partitions_of"), {"parent": table.table})
    found = []
    for (name,) in await cursor.fetchall():
        stamp = re.fullmatch(re.escape(table.table) + r"_(\d{10})", name)
        if stamp:
            found.append(Partition(table, datetime.strptime(stamp[1], "%Y%m%d%H").replace(tzinfo=UTC)))
    return tuple(sorted(found, key=lambda each: each.start))


async def drop(connection: Connection, partition: Partition) -> None:
    """Drop ``partition`` with all it holds; gives up after 2 s rather than hold up the mail path."""
    await connection.execute("SET LOCAL lock_timeout = '2s'")
    await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(partition.name)))


async def drop_before(connection: Connection, table: Partitioned, moment: datetime) -> tuple[str, ...]:
    """Drop the partitions that ended before ``moment``; return their names."""
    old = [each for each in await partitions_of(connection, table) if each.end <= moment]
    for partition in old:
        await drop(connection, partition)
    return tuple(each.name for each in old)


async def _make(connection: Connection, partition: Partition) -> None:
    # Made apart and attached: CREATE … PARTITION OF would lock the parent against readers and writers.
    parent, name = sql.Identifier(partition.of.table), sql.Identifier(partition.name)
    create = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name, parent)
    attach = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
    bounds = (sql.Literal(partition.start.isoformat()), sql.Literal(partition.end.isoformat()))
    await connection.execute("SET LOCAL lock_timeout = '5s'")
    await connection.execute(create)
    await connection.execute(attach.format(parent, name, *bounds))
    await connection.execute("SET LOCAL lock_timeout = 0")
