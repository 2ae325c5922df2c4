"""The queue as operators see and steer it: what waits, and for what; try now, send elsewhere, take out.

Only what waits is steered.  What somebody works on at the moment comes back soon, or is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.rows import event_row
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCopy:
    """A row of the queue, as lists show it."""

    id: MessageId
    """The message's; several copies of one message share it."""
    tenant: TenantId
    kind: QueueKind
    destination: str
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    next_at: datetime
    """When it is due; the end of the lease of one that is worked on."""
    expires_at: datetime
    failures: int
    last_reply: str
    leased: bool
    """Some node works on it."""


class Waiting:
    """Lists and steers the queue; ``tenant`` None means everybody's."""

    def __init__(self, pool: Pool, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def list(self, *, tenant: TenantId | None = None, limit: int = 1_000) -> list[WaitingCopy]:
        """Return what is in the queue, next due first."""
        parameters = {"tenant": tenant, "now": self._clock(), "wanted": limit}
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(_ListedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "list_waiting"), parameters, prepare=False)
            return [_shown(row) for row in await cursor.fetchall()]

    async def retry(self, ids: Sequence[UUID]) -> int:
        """Make all copies of these messages that wait due at once; return how many there are."""
        parameters = {"ids": list(ids), "now": self._clock()}
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "retry_waiting"), parameters)
            return cursor.rowcount

    async def give_up(self, ids: Sequence[UUID]) -> int:
        """Let all copies of these messages that wait expire: they are tried once more, then bounce.

        Return how many there are.
        """
        parameters = {"ids": list(ids), "now": self._clock()}
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "give_up_waiting"), parameters)
            return cursor.rowcount

    async def reroute(self, ids: Sequence[UUID], destination: str, by: str = "") -> int:
        """Send waiting copies of these messages to the hosts of ``destination``, at once.

        Their recipients stay as they are.  Return how many copies there are.
        """
        now = self._clock()
        parameters = {"ids": list(ids), "now": now, "destination": destination}
        async with (
            self._pool.transaction() as connection,
            connection.cursor(row_factory=class_row(_ReroutedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "reroute_waiting"), parameters)
            rows = await cursor.fetchall()
            events = [event_row(_rerouted(row, destination, by, now), row.received_at) for row in rows]
            if events:
                await apply(connection, [Changes(events=tuple(events))], now)
        return len(rows)


@dataclass(frozen=True, slots=True)
class _ListedRow:
    message: UUID
    tenant: int
    kind: str
    destination: str
    reverse_path: str
    addresses: list[str] | None
    received_at: datetime
    next_at: datetime
    expires_at: datetime
    failures: int
    last_reply: str
    leased: bool


@dataclass(frozen=True, slots=True)
class _ReroutedRow:
    message: UUID
    tenant: int
    addresses: list[str] | None
    received_at: datetime


def _shown(row: _ListedRow) -> WaitingCopy:
    return WaitingCopy(
        id=MessageId(row.message),
        tenant=TenantId(row.tenant),
        kind=QueueKind(row.kind),
        destination=row.destination,
        sender=row.reverse_path,
        recipients=tuple(row.addresses or ()),
        received_at=row.received_at,
        next_at=row.next_at,
        expires_at=row.expires_at,
        failures=row.failures,
        last_reply=row.last_reply,
        leased=row.leased,
    )


def _rerouted(row: _ReroutedRow, destination: str, by: str, now: datetime) -> Event:
    return Event(
        kind=EventKind.REROUTED,
        at=now,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        recipients=tuple(row.addresses or ()),
        details={"destination": destination, "by": by},
    )
