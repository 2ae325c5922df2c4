"""Copies at rest: listed, released, deleted, expired.

Each move is one transaction in the spool and happens once: a second release finds the copy gone and
changes nothing.  A released copy goes out as it came in, byte for byte, without what a policy would
have added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction
from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, Move, Numbering, QuarantineEnd, QuarantineRest, apply
from lazaretto.spool.rows import QueueRow, event_row
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"
BATCH: Final = 500
TO_RECIPIENTS: Final = "recipients"
TO_FIRST: Final = "first"
GUARDED: Final = frozenset({"malware", "suspected"})
"""Reasons of copies that nobody releases without an approval (``spool.releasing``)."""
NEEDS_APPROVAL: Final = "needs approval"


class Leaving(Enum):
    """How a copy leaves the quarantine."""

    RELEASED = "released"
    DELETED = "deleted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedCopy:
    """A copy at rest, as lists show it."""

    id: UUID
    tenant: TenantId
    message: MessageId
    message_id: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    reason: str
    verdict: str
    size: int
    received_at: datetime
    quarantined_at: datetime
    expires_at: datetime
    ended_as: str | None = None
    """How it left; None while it rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What people know of copies at rest; every part that is given must hold."""

    sender: str = ""
    """Part of the reverse path, in any case."""
    subject: str = ""
    """Part of it, in any case."""
    reason: str = ""
    verdict: str = ""
    since: datetime | None = None
    """When it came to rest."""
    until: datetime | None = None
    domains: frozenset[str] | None = None
    """Only copies whose recipients are all of these domains; None = of any."""
    all_except: bool = False
    """``domains`` are those left out."""
    oldest_first: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return it as the query takes it; None stands for whatever."""
        return {
            "sender": f"%{escaped(self.sender)}%" if self.sender else None,
            "subject": f"%{escaped(self.subject)}%" if self.subject else None,
            "reason": self.reason or None,
            "verdict": self.verdict or None,
            "since": self.since,
            "until": self.until,
            "domains": None if self.domains is None else sorted(self.domains),
            "all_except": self.all_except,
            "oldest_first": self.oldest_first,
        }


def escaped(part: str) -> str:
    """Return ``part`` so that LIKE takes it for itself."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Quarantine:
    """The quarantine of one platform; ``tenant`` None means everybody's, for operators."""

    def __init__(self, pool: Pool, settings: SpoolSettings, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._settings = settings
        self._clock = clock

    async def list(
        self,
        *,
        tenant: TenantId | None = None,
        recipient: str | None = None,
        recipients: Collection[str] | None = None,
        messages: Sequence[UUID] | None = None,
        copies: Sequence[UUID] | None = None,
        resting: Resting = Resting(),
        after: UUID | None = None,
        limit: int = 1_000,
    ) -> Sequence[QuarantinedCopy]:
        """Return what rests and is as ``resting`` says, newest first unless that says otherwise.

        With ``recipient`` only copies for that address, with ``recipients`` for any of those.
        With ``messages`` only copies of those, or with ``copies`` only these themselves; those that
        have left as well then.  With ``after`` what comes behind that copy.
        """
        parameters = {
            **resting.parameters(),
            "messages": None if messages is None else list(messages),
            "copies": None if copies is None else list(copies),
            "after": after,
            "tenant": tenant,
            "recipient": None if recipient is None else fold(recipient),
            "recipients": None if recipients is None else [fold(each) for each in recipients],
            "wanted": limit,
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(_ListedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "list_quarantined"), parameters, prepare=False)
            rows = await cursor.fetchall()
        return [_shown(row) for row in rows]

    async def release(
        self,
        ids: Sequence[UUID],
        *,
        tenant: TenantId | None = None,
        by: str = "",
        to: str = TO_RECIPIENTS,
        told: Mapping[str, str] = MappingProxyType({}),
        approved: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        """Send the copies on; ``by`` is who said so, for the journal, and ``told`` what else it shall say.

        ``to`` is ``recipients``, ``first`` for the first of them, or an address that gets it in
        their place; whoever gets nothing then is settled as deleted.  Malware stays, as ``needs
        approval``, unless its release was ``approved``.  Return for each copy that
        exists how it left, now or before: ``released`` for those that were released, and
        ``deleted`` or ``expired`` for those that cannot be any more.

        With ``only`` it leaves for those addresses alone, and rests for the others.
        """
        return await self._leave(
            ids, tenant, Leaving.RELEASED, by, to=to, told=told, approved=approved, only=only
        )

    async def delete(
        self,
        ids: Sequence[UUID],
        *,
        tenant: TenantId | None = None,
        by: str = "",
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        """End the copies for ever; return as ``release`` does."""
        return await self._leave(ids, tenant, Leaving.DELETED, by, only=only)

    async def expire(self, now: datetime) -> int:
        """Delete copies whose time is over at ``now``, at most a batch; return how many."""
        async with self._pool.connection() as connection:
            parameters = {"now": now, "wanted": BATCH}
            cursor = await connection.execute(query(_PACKAGE, "list_expired"), parameters)
            ids = [row[0] for row in await cursor.fetchall()]
        left = await self._leave(ids, None, Leaving.EXPIRED, "")
        return len(left)

    async def _leave(
        self,
        ids: Sequence[UUID],
        tenant: TenantId | None,
        how: Leaving,
        by: str,
        *,
        to: str = TO_RECIPIENTS,
        told: Mapping[str, str] = MappingProxyType({}),
        approved: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        if not ids:
            return {}
        now = self._clock()
        async with self._pool.transaction() as connection:
            rows = await _lock(connection, ids, tenant)
            if only is not None:
                rows = [part for row in rows if (part := _part_of(row, only)) is not None]
            guarded = how is Leaving.RELEASED and not approved
            kept = {row.id for row in rows if guarded and row.reason in GUARDED and row.ended_as is None}
            resting = [row for row in rows if row.ended_as is None and row.id not in kept]
            numbering = Numbering()
            if how is Leaving.RELEASED:
                changes = [self._release(_going(row, to), now, by, numbering, told) for row in resting]
            else:
                changes = [_end(row, now, how, by) for row in resting]
            if changes:
                await apply(connection, [*changes, numbering.changes()], now)
        return {row.id: NEEDS_APPROVAL if row.id in kept else row.ended_as or how.value for row in rows}

    def _release(
        self, going: _Going, now: datetime, by: str, numbering: Numbering, told: Mapping[str, str]
    ) -> Changes:
        row, left_out = going.row, going.left_out
        queue = [
            self._queue_row(row, domain, members, numbering.take(row), now)
            for domain, members in _by_domain(row).items()
        ]
        events = [_event(row, EventKind.RELEASED, now, by, {**going.told, **told})]
        if left_out is not None:
            # They are told of apart: their copy rests no more, and goes nowhere.
            events.append(_event(left_out, EventKind.DELETED, now, by, {"released_to": going.told["to"]}))
        return Changes(
            moves=(
                *_moves(row, Place.READY, now, going.deliver_to),
                *(_moves(left_out, Place.DELETED, now) if left_out else ()),
            ),
            queue=tuple(queue),
            **_ending(row, now, Leaving.RELEASED),
            events=tuple(event_row(event, row.received_at) for event in events),
        )

    def _queue_row(
        self, row: _RestingRow, domain: str, members: Sequence[int], number: int, now: datetime
    ) -> QueueRow:
        return QueueRow(
            tenant=row.tenant,
            message=row.message,
            number=number,
            kind=QueueKind.DELIVER,
            destination=domain,
            direction=row.direction,
            recipients=tuple(members),
            splices=None,
            next_at=now,
            attempt=0,
            owner=None,
            failures=0,
            expires_at=now + self._settings.give_up_after,
        )


@dataclass(frozen=True, slots=True)
class _ListedRow:
    id: UUID
    tenant: int
    message: UUID
    message_id: str
    subject: str
    reverse_path: str
    addresses: list[str]
    reason: str
    verdict: str
    size: int
    received_at: datetime
    quarantined_at: datetime
    expires_at: datetime
    ended_as: str | None


@dataclass(frozen=True, slots=True)
class _RestingRow:
    id: UUID
    tenant: int
    message: UUID
    direction: str
    recipients: list[int]
    addresses: list[str]
    destinations: list[str]
    reason: str
    ended_as: str | None
    received_at: datetime
    next_number: int
    staying: tuple[tuple[int, str], ...] = ()
    """Recipients, with their addresses, for whom the copy rests on."""


@dataclass(frozen=True, slots=True)
class _Going:
    """A copy that is released: those who get it, and those who get nothing."""

    row: _RestingRow
    left_out: _RestingRow | None = None
    deliver_to: str | None = None
    told: dict[str, str] = field(default_factory=dict)


def _going(row: _RestingRow, to: str) -> _Going:
    if to == TO_RECIPIENTS:
        return _Going(row)
    first = replace(row, recipients=row.recipients[:1], addresses=row.addresses[:1])
    others = replace(row, recipients=row.recipients[1:], addresses=row.addresses[1:])
    left_out = others if others.recipients else None
    if to == TO_FIRST:
        return _Going(replace(first, destinations=row.destinations[:1]), left_out, None, {"to": to})
    return _Going(
        replace(first, destinations=[to], direction=Direction.INTERNAL.value), left_out, to, {"to": to}
    )


async def _lock(connection: Connection, ids: Sequence[UUID], tenant: TenantId | None) -> list[_RestingRow]:
    async with connection.cursor(row_factory=class_row(_RestingRow)) as cursor:
        parameters: dict[str, Any] = {"ids": list(ids), "tenant": tenant}
        await cursor.execute(query(_PACKAGE, "lock_quarantined"), parameters)
        return await cursor.fetchall()


def _part_of(row: _RestingRow, only: Collection[str]) -> _RestingRow | None:
    """Return what of ``row`` is for the addresses in ``only``; None when nothing is."""
    wanted = {fold(address) for address in only}
    mine = [index for index, address in enumerate(row.addresses) if fold(address) in wanted]
    if len(mine) in (0, len(row.addresses)):
        return row if mine else None
    others = [index for index in range(len(row.addresses)) if index not in mine]
    return replace(
        row,
        recipients=[row.recipients[index] for index in mine],
        addresses=[row.addresses[index] for index in mine],
        destinations=[row.destinations[index] for index in mine],
        staying=tuple((row.recipients[index], row.addresses[index]) for index in others),
    )


def _ending(row: _RestingRow, now: datetime, how: Leaving) -> dict[str, Any]:
    """Return the part of ``Changes`` that ends the resting: the whole of it, or some recipients'."""
    if not row.staying:
        return {"ended": (QuarantineEnd(row.id, now, how.value),)}
    rest = QuarantineRest(
        row.id, tuple(number for number, _ in row.staying), tuple(address for _, address in row.staying)
    )
    return {"narrowed": (rest,)}


def _by_domain(row: _RestingRow) -> dict[str, list[int]]:
    by_domain: dict[str, list[int]] = {}
    for number, destination in zip(row.recipients, row.destinations, strict=True):
        by_domain.setdefault(domain_of(destination), []).append(number)
    return by_domain


def _end(row: _RestingRow, now: datetime, how: Leaving, by: str) -> Changes:
    kind = EventKind.EXPIRED if how is Leaving.EXPIRED else EventKind.DELETED
    return Changes(
        moves=_moves(row, Place.DELETED, now),
        **_ending(row, now, how),
        events=(event_row(_event(row, kind, now, by), row.received_at),),
    )


def _moves(row: _RestingRow, place: Place, now: datetime, deliver_to: str | None = None) -> tuple[Move, ...]:
    return tuple(
        Move(
            tenant=row.tenant, message=row.message, number=number, place=place, at=now, deliver_to=deliver_to
        )
        for number in row.recipients
    )


def _event(
    row: _RestingRow,
    kind: EventKind,
    now: datetime,
    by: str,
    told: Mapping[str, str] = MappingProxyType({}),
) -> Event:
    return Event(
        kind=kind,
        at=now,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        recipients=tuple(row.addresses),
        details={
            ("part_of" if row.staying else "id"): str(row.id),
            "reason": row.reason,
            "by": by,
            **told,
        },
    )


def _shown(row: _ListedRow) -> QuarantinedCopy:
    return QuarantinedCopy(
        id=row.id,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        message_id=row.message_id,
        subject=row.subject,
        sender=row.reverse_path,
        recipients=tuple(row.addresses),
        reason=row.reason,
        verdict=row.verdict,
        size=row.size,
        received_at=row.received_at,
        quarantined_at=row.quarantined_at,
        expires_at=row.expires_at,
        ended_as=row.ended_as,
    )
