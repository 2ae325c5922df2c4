"""Releases of malware: asked for by one, looked at again, approved or denied by another.

A request and what becomes of it are rows and events of the same transaction, so that nobody can let
malware go without a trace.  End users have no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.rows import class_row

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.leaving import Leaving
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy
from lazaretto.spool.rows import event_row
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"
LOOKING: Final = "looking"
WAITING: Final = "waiting"
APPROVED: Final = "approved"
"""Decided, and on its way: whoever finds it so completes it."""
RELEASED: Final = "released"
DENIED: Final = "denied"
GONE: Final = "gone"
"""The copy had left the quarantine before anybody decided."""


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """One request for one copy."""

    id: UUID
    tenant: int
    message: UUID
    quarantine: UUID
    target: str
    reason: str
    requested_by: str
    requested_at: datetime
    alone: bool
    state: str
    second_look: str
    """The verdict of the look before the decision."""
    looked_with: str
    """The bundle of that look."""
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


class AlreadyAsked(ConfigurationError):
    """A request that wants something else is open for the copy; ``standing`` is that one."""

    def __init__(self, standing: ReleaseRequest) -> None:
        why = f' ("{standing.reason}")' if standing.reason else ""
        super().__init__(
            f"{standing.requested_by} asked already for its release to {standing.target}{why}: approve"
            f" request {standing.id}, or deny it and ask anew"
        )
        self.standing = standing


class Releases:
    """The requests of one platform; ``tenant`` None means everybody's, for operators."""

    def __init__(self, pool: Pool, quarantine: Quarantine, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._quarantine = quarantine
        self._clock = clock

    async def ask(
        self,
        copies: Sequence[QuarantinedCopy],
        *,
        by: str,
        target: str,
        reason: str,
        alone: Callable[[TenantId], bool],
    ) -> list[UUID]:
        """Note a request for each copy that has none open; return the numbers of the new ones.

        The very same request, made twice, is made once.  Raises ``AlreadyAsked`` where another one is
        open for a copy: then nothing is noted of any.
        """
        now = self._clock()
        made = []
        async with self._pool.transaction() as connection:
            for copy in copies:
                identity = uuid4()
                parameters = {
                    "id": identity,
                    "tenant": copy.tenant,
                    "message": copy.message,
                    "quarantine": copy.id,
                    "target": target,
                    "reason": reason,
                    "by": by,
                    "now": now,
                    "alone": alone(copy.tenant),
                }
                row = await _one(connection, "add_release_request", parameters)
                if row is not None:
                    made.append(identity)
                    event = _event(EventKind.REQUESTED, copy, now, {"by": by, "to": target, "reason": reason})
                    await apply(connection, [Changes(events=(event_row(event, copy.received_at),))], now)
                else:
                    await _demand_same(connection, copy.id, (by, target, reason))
        return made

    async def list(
        self,
        *,
        tenant: TenantId | None = None,
        ids: Sequence[UUID] | None = None,
        states: Sequence[str] | None = None,
        limit: int = 1_000,
    ) -> list[ReleaseRequest]:
        """Return requests, newest first; ``ids`` are of requests, copies or messages."""
        parameters = {
            "tenant": tenant,
            "ids": None if ids is None else list(ids),
            "states": None if states is None else list(states),
            "wanted": limit,
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(ReleaseRequest)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "list_release_requests"), parameters, prepare=False)
            return await cursor.fetchall()

    async def note_second_look(self, request: ReleaseRequest, verdict: str, bundle: str) -> None:
        """Note what the look before the decision said."""
        async with self._pool.transaction() as connection:
            parameters = {"id": request.id, "verdict": verdict, "bundle": bundle}
            await connection.execute(query(_PACKAGE, "note_second_look"), parameters)

    async def approve(self, request: ReleaseRequest, *, by: str, reason: str) -> str:
        """Release the copy if the request still waits; return the state that it came to."""
        if not await self._decide(request, EventKind.APPROVED, APPROVED, by, reason):
            return await self._state(request)
        return await self.complete(request, by)

    async def complete(self, request: ReleaseRequest, approved_by: str) -> str:
        """Do what was approved; done twice, it is done once."""
        left = await self._quarantine.release(
            [request.quarantine],
            tenant=TenantId(request.tenant),
            by=request.requested_by,
            to=request.target,
            approved=True,
            told={
                "approved_by": approved_by,
                "why": request.reason,
                "second_look": request.second_look,
                "looked_with": request.looked_with,
                "request": str(request.id),
            },
        )
        state = RELEASED if left.get(request.quarantine) == Leaving.RELEASED.value else GONE
        async with self._pool.transaction() as connection:
            await connection.execute(
                query(_PACKAGE, "end_release_request"), {"id": request.id, "state": state}
            )
        return state

    async def deny(self, request: ReleaseRequest, *, by: str, reason: str) -> str:
        """Leave the copy where it is; return the state that the request came to."""
        denied = await self._decide(request, EventKind.DENIED, DENIED, by, reason)
        return DENIED if denied else await self._state(request)

    async def _decide(
        self, request: ReleaseRequest, kind: EventKind, state: str, by: str, reason: str
    ) -> bool:
        now = self._clock()
        copies = await self._quarantine.list(messages=[request.message], tenant=TenantId(request.tenant))
        copy = next((each for each in copies if each.id == request.quarantine), None)
        async with self._pool.transaction() as connection:
            row = await _one(connection, "lock_release_requests", {"ids": [request.id], "state": WAITING})
            if row is None:
                return False
            await _note_decision(connection, request.id, state, by, reason, now)
            if copy is not None:
                details = {
                    "by": by,
                    "requested_by": request.requested_by,
                    "to": request.target,
                    "reason": reason,
                    "second_look": request.second_look,
                }
                event = _event(kind, copy, now, details)
                await apply(connection, [Changes(events=(event_row(event, copy.received_at),))], now)
        return True

    async def _state(self, request: ReleaseRequest) -> str:
        (known,) = await self.list(ids=[request.id])
        return known.state


def _event(kind: EventKind, copy: QuarantinedCopy, now: datetime, details: dict[str, Any]) -> Event:
    return Event(
        kind=kind,
        at=now,
        tenant=copy.tenant,
        message=MessageId(copy.message),
        recipients=copy.recipients,
        details={"pen": str(copy.id), **details},
    )


async def _note_decision(
    connection: Connection, request: UUID, state: str, by: str, reason: str, now: datetime
) -> None:
    parameters = {"id": request, "state": state, "by": by, "reason": reason, "now": now}
    await connection.execute(query(_PACKAGE, "decide_release_request"), parameters)


async def _demand_same(connection: Connection, copy: UUID, wish: tuple[str, str, str]) -> None:
    parameters = {"tenant": None, "ids": [copy], "states": [LOOKING, WAITING], "wanted": 1}
    async with connection.cursor(row_factory=class_row(ReleaseRequest)) as cursor:
        await cursor.execute(query(_PACKAGE, "list_release_requests"), parameters, prepare=False)
        standing = await cursor.fetchone()
    if standing is None:
        raise ConfigurationError("another request for it was decided at this moment; ask again")
    if (standing.requested_by, standing.target, standing.reason) != wish:
        raise AlreadyAsked(standing)


async def _one(connection: Connection, name: Any, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    cursor = await connection.execute(query(_PACKAGE, name), parameters)
    return await cursor.fetchone()
