"""What people order about copies that wait: try now, give back, send elsewhere, hold, let go, delete.

Only what waits is steered: what somebody works on at the moment comes back soon, or is gone.  Each
order and its event commit together, a batch of rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, Move, QueueKey, Steered, apply
from lazaretto.spool.rows import EventRow, event_row
from lazaretto.spool.selection import Selection, words
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"
BATCH: Final = 500
_KEPT_BACK: Final = (QueueKind.HOLD, QueueKind.EXCESS)
_ON_THE_WAY: Final = (QueueKind.DELIVER, *_KEPT_BACK)
_NOTHING_SEEN: Final = {"after_tenant": -1, "after_message": UUID(int=0), "after_number": -1}


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits, locked."""

    tenant: int
    message: UUID
    number: int
    kind: str
    destination: str
    next_at: datetime
    expires_at: datetime
    recipients: list[int]
    received_at: datetime
    addresses: list[str] | None


Order = Callable[[WaitingRow, datetime], Changes]


class Steering:
    """Gives orders about the queue; each returns how many copies it was about.

    ``by`` is who said so, for the journal.
    """

    def __init__(self, pool: Pool, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def retry(self, selection: Selection, by: str = "") -> int:
        """Make what waits for its next try, or for a look, due at once."""
        kinds = (QueueKind.DELIVER, QueueKind.SCAN)
        return await self._steer(selection, kinds, lambda row, now: _retried(row, now, by))

    async def bounce(self, selection: Selection, by: str = "") -> int:
        """Give copies up without another try: the deliver process tells their senders at once."""
        return await self._steer(selection, _ON_THE_WAY, lambda row, now: _given_up(row, now, by))

    async def reroute(self, selection: Selection, destination: str, by: str = "") -> int:
        """Send copies to the hosts of ``destination``, at once; their recipients stay as they are.

        What is on hold stays so, and goes there when it is let go.
        """
        return await self._steer(
            selection, _ON_THE_WAY, lambda row, now: _rerouted(row, now, destination, by)
        )

    async def hold(self, selection: Selection, until: datetime | None = None, by: str = "") -> int:
        """Keep copies back ``until`` a time, or until they expire; they are tried then, if not released."""
        kinds = (QueueKind.DELIVER,)
        return await self._steer(selection, kinds, lambda row, now: _held(row, now, until, by))

    async def release(self, selection: Selection, by: str = "") -> int:
        """Let go of copies that are kept back: they are tried at once."""
        return await self._steer(selection, _KEPT_BACK, lambda row, now: _released(row, now, by))

    async def delete(self, selection: Selection, by: str = "") -> int:
        """Throw copies away; nobody is told but the trace."""
        return await self._steer(selection, _ON_THE_WAY, lambda row, now: _deleted(row, now, by))

    async def release_due(self) -> int:
        """End what is kept back when its time is over: a hold is let go, what was too much is given back."""
        due = self._clock()
        released = await self._steer(
            Selection(), (QueueKind.HOLD,), lambda row, now: _released(row, now, "time"), due=due
        )
        given_up = await self._steer(
            Selection(), (QueueKind.EXCESS,), lambda row, now: _given_up(row, now, "time"), due=due
        )
        return released + given_up

    async def _steer(
        self,
        selection: Selection,
        kinds: Sequence[QueueKind],
        order: Order,
        due: datetime | None = None,
    ) -> int:
        count, seen = 0, _NOTHING_SEEN
        while True:
            now = self._clock()
            limits = {"kinds": words(kinds), "now": now, "due": due, "wanted": BATCH}
            parameters = {**selection.parameters(), **seen, **limits}
            async with self._pool.transaction() as connection:
                rows = await _lock(connection, parameters)
                if rows:
                    await apply(connection, [order(row, now) for row in rows], now)
            count += len(rows)
            if len(rows) < BATCH:
                return count
            last = rows[-1]
            seen = {
                "after_tenant": last.tenant, "after_message": last.message, "after_number": last.number
            }  # fmt: skip


async def _lock(connection: Connection, parameters: dict[str, Any]) -> list[WaitingRow]:
    async with connection.cursor(row_factory=class_row(WaitingRow)) as cursor:
        await cursor.execute(query(_PACKAGE, "lock_waiting"), parameters, prepare=False)
        return await cursor.fetchall()


def _retried(row: WaitingRow, now: datetime, by: str) -> Changes:
    return _steered(row, now, EventKind.RETRIED, by=by)


def _given_up(row: WaitingRow, now: datetime, by: str) -> Changes:
    return _steered(row, now, EventKind.GIVEN_UP, kind=QueueKind.BOUNCE, by=by)


def _rerouted(row: WaitingRow, now: datetime, destination: str, by: str) -> Changes:
    next_at = row.next_at if QueueKind(row.kind) in _KEPT_BACK else now
    return _steered(
        row, now, EventKind.REROUTED, destination=destination, next_at=next_at, by=by,
        details={"destination": destination},
    )  # fmt: skip


def _held(row: WaitingRow, now: datetime, until: datetime | None, by: str) -> Changes:
    # Held or not, a promise of seven days ends after seven days.
    end = min(until or row.expires_at, row.expires_at)
    return _steered(
        row, now, EventKind.HELD, kind=QueueKind.HOLD, next_at=end, place=Place.HELD, by=by,
        details={"until": end.isoformat()},
    )  # fmt: skip


def _released(row: WaitingRow, now: datetime, by: str) -> Changes:
    return _steered(row, now, EventKind.RELEASED, kind=QueueKind.DELIVER, place=Place.READY, by=by)


def _deleted(row: WaitingRow, now: datetime, by: str) -> Changes:
    told = _told(row, now, EventKind.DELETED, {"reason": "deleted from the queue", "by": by})
    return Changes(
        removed=(QueueKey(row.tenant, row.message, row.number),),
        moves=tuple(_moves(row, Place.DELETED, now)),
        events=(told,),
    )


def _steered(
    row: WaitingRow,
    now: datetime,
    event: EventKind,
    *,
    by: str,
    kind: QueueKind | None = None,
    destination: str = "",
    next_at: datetime | None = None,
    place: Place | None = None,
    details: dict[str, Any] | None = None,
) -> Changes:
    steered = Steered(
        tenant=row.tenant,
        message=row.message,
        number=row.number,
        kind=kind or QueueKind(row.kind),
        destination=destination or row.destination,
        next_at=next_at or now,
    )
    return Changes(
        steered=(steered,),
        moves=tuple(_moves(row, place, now)) if place else (),
        events=(_told(row, now, event, {**(details or {}), "by": by}),),
    )


def _told(row: WaitingRow, now: datetime, kind: EventKind, details: dict[str, Any]) -> EventRow:
    event = Event(
        kind=kind,
        at=now,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        recipients=tuple(row.addresses or ()),
        details=details,
    )
    return event_row(event, row.received_at)


def _moves(row: WaitingRow, place: Place, now: datetime) -> Iterable[Move]:
    for number in row.recipients:
        yield Move(tenant=row.tenant, message=row.message, number=number, place=place, at=now)
