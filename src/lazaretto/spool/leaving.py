"""How a copy leaves the quarantine: what of it goes, to whom, and what is written for that.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction
from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import QueueKind
from lazaretto.spool.changing import Changes, Move, Numbering, QuarantineEnd, QuarantineRest
from lazaretto.spool.rows import QueueRow, event_row

TO_RECIPIENTS: Final = "recipients"
TO_FIRST: Final = "first"


class Leaving(Enum):
    """How a copy leaves the quarantine."""

    RELEASED = "released"
    DELETED = "deleted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RestingRow:
    """A copy as the database has it; locked, so that it leaves once."""

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


def part_of(row: RestingRow, only: Collection[str]) -> RestingRow | None:
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


def released(
    row: RestingRow,
    to: str,
    now: datetime,
    *,
    by: str,
    told: Mapping[str, str],
    numbering: Numbering,
    give_up_at: datetime,
) -> Changes:
    """Return what becomes of a copy that goes out ``to`` somebody, and is tried until ``give_up_at``.

    ``by`` is who said so, for the journal, and ``told`` what else it shall say; ``numbering`` gives the
    rows of one transaction their numbers.
    """
    going = _going(row, to)
    row, left_out = going.row, going.left_out
    queue = [
        _queue_row(row, domain, members, numbering.take(row), now, give_up_at)
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


def ended(row: RestingRow, now: datetime, how: Leaving, by: str) -> Changes:
    """Return what becomes of a copy that nobody gets any more: it was deleted, or its time is over."""
    kind = EventKind.EXPIRED if how is Leaving.EXPIRED else EventKind.DELETED
    return Changes(
        moves=_moves(row, Place.DELETED, now),
        **_ending(row, now, how),
        events=(event_row(_event(row, kind, now, by), row.received_at),),
    )


@dataclass(frozen=True, slots=True)
class _Going:
    """A copy that is released: those who get it, and those who get nothing."""

    row: RestingRow
    left_out: RestingRow | None = None
    deliver_to: str | None = None
    told: dict[str, str] = field(default_factory=dict)


def _going(row: RestingRow, to: str) -> _Going:
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


def _queue_row(
    row: RestingRow, domain: str, members: Sequence[int], number: int, now: datetime, give_up_at: datetime
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
        expires_at=give_up_at,
    )


def _by_domain(row: RestingRow) -> dict[str, list[int]]:
    by_domain: dict[str, list[int]] = {}
    for number, destination in zip(row.recipients, row.destinations, strict=True):
        by_domain.setdefault(domain_of(destination), []).append(number)
    return by_domain


def _ending(row: RestingRow, now: datetime, how: Leaving) -> dict[str, Any]:
    """Return the part of ``Changes`` that ends the resting: the whole of it, or some recipients'."""
    if not row.staying:
        return {"ended": (QuarantineEnd(row.id, now, how.value),)}
    rest = QuarantineRest(
        row.id, tuple(number for number, _ in row.staying), tuple(address for _, address in row.staying)
    )
    return {"narrowed": (rest,)}


def _moves(row: RestingRow, place: Place, now: datetime, deliver_to: str | None = None) -> tuple[Move, ...]:
    return tuple(
        Move(
            tenant=row.tenant, message=row.message, number=number, place=place, at=now, deliver_to=deliver_to
        )
        for number in row.recipients
    )


def _event(
    row: RestingRow,
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
