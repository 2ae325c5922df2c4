"""The queue as operators see it: what is in it, where it goes, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.envelope import Direction
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.selection import Selection
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
    direction: Direction
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    next_at: datetime
    """When it is due; the end of the lease of one that is worked on, and of the hold of one on hold."""
    expires_at: datetime
    failures: int
    last_reply: str
    leased: bool
    """Some node works on it."""


class Waiting:
    """Lists the queue."""

    def __init__(self, pool: Pool, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def list(self, selection: Selection = Selection(), *, limit: int = 1_000) -> list[WaitingCopy]:  # noqa: B008  (frozen)
        """Return what ``selection`` means of the queue, next due first."""
        parameters = {**selection.parameters(), "now": self._clock(), "wanted": limit}
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(_ListedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "list_waiting"), parameters, prepare=False)
            return [_shown(row) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _ListedRow:
    message: UUID
    tenant: int
    kind: str
    destination: str
    direction: str
    reverse_path: str
    addresses: list[str] | None
    received_at: datetime
    next_at: datetime
    expires_at: datetime
    failures: int
    last_reply: str
    leased: bool


def _shown(row: _ListedRow) -> WaitingCopy:
    return WaitingCopy(
        id=MessageId(row.message),
        tenant=TenantId(row.tenant),
        kind=QueueKind(row.kind),
        destination=row.destination,
        direction=Direction(row.direction),
        sender=row.reverse_path,
        recipients=tuple(row.addresses or ()),
        received_at=row.received_at,
        next_at=row.next_at,
        expires_at=row.expires_at,
        failures=row.failures,
        last_reply=row.last_reply,
        leased=row.leased,
    )
