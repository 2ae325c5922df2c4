"""Every move of a copy after its acceptance: what changes is a value, applied in one transaction.

So a move, its counting and its event cannot come apart, and what decides moves needs no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString, Protocol
from uuid import UUID

from lazaretto.core.places import Place
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Connection
from lazaretto.db.sql import query
from lazaretto.spool.rows import EventRow, QuarantineRow, QueueRow, RecipientRow, row_set

_PACKAGE: Final = "lazaretto.spool"


@dataclass(frozen=True, slots=True)
class QueueKey:
    """A row of ``queue`` that ends."""

    tenant: int
    message: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A row of ``queue`` that stays for some of its recipients and is free for anybody when due."""

    tenant: int
    message: UUID
    number: int
    recipients: tuple[int, ...]
    destination: str
    next_at: datetime
    failures: int
    last_reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """A row of ``queue`` that an operator gives another kind, destination or time."""

    tenant: int
    message: UUID
    number: int
    kind: QueueKind
    destination: str
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A recipient's copy that goes to another place; one that has ended stays where it is."""

    tenant: int
    message: UUID
    number: int
    place: Place
    at: datetime
    deliver_to: str | None = None
    """A new destination; None keeps the old one."""


@dataclass(frozen=True, slots=True)
class QuarantineEnd:
    """A quarantined copy that leaves."""

    id: UUID
    ended_at: datetime
    ended_as: str


@dataclass(frozen=True, slots=True)
class QuarantineRest:
    """A quarantined copy that some of its recipients leave, and those for whom it rests on."""

    id: UUID
    recipients: tuple[int, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextNumber:
    """The numbers that a message has used by now."""

    tenant: int
    message: UUID
    next_number: int


@dataclass(frozen=True, slots=True)
class MessageKey:
    """A message of one tenant."""

    tenant: int
    message: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one decision changes."""

    removed: tuple[QueueKey, ...] = ()
    put_off: tuple[PutOff, ...] = ()
    steered: tuple[Steered, ...] = ()
    moves: tuple[Move, ...] = ()
    recipients: tuple[RecipientRow, ...] = ()
    """New ones: additional copies."""
    queue: tuple[QueueRow, ...] = ()
    quarantine: tuple[QuarantineRow, ...] = ()
    ended: tuple[QuarantineEnd, ...] = ()
    narrowed: tuple[QuarantineRest, ...] = ()
    numbers: tuple[NextNumber, ...] = ()
    events: tuple[EventRow, ...] = ()


class Numbered(Protocol):
    """A row that was read with its message's next free number."""

    @property
    def tenant(self) -> int: ...
    @property
    def message(self) -> UUID: ...
    @property
    def next_number(self) -> int: ...


class Numbering:
    """Gives out numbers for new queue and quarantine rows, none twice; the messages are locked."""

    def __init__(self) -> None:
        self._next: dict[tuple[int, UUID], int] = {}

    def take(self, row: Numbered) -> int:
        """Return the next number of the message of ``row``."""
        key = (row.tenant, row.message)
        number = self._next.get(key, row.next_number)
        self._next[key] = number + 1
        return number

    def changes(self) -> Changes:
        """Return what remembers the numbers that were given out."""
        return Changes(numbers=tuple(NextNumber(*key, number) for key, number in self._next.items()))


async def apply(connection: Connection, changes: Sequence[Changes], at: datetime) -> None:
    """Apply all ``changes``, and note which messages have nothing left to do; commits nothing.

    The caller holds the locks of ``lock_messages`` or of their queue rows.
    """
    for name, rows in _seldom(changes).items():
        if rows:
            await connection.execute(query(_PACKAGE, name), {"rows": row_set(rows)}, prepare=True)
    parameters = {
        "removed": row_set([row for each in changes for row in each.removed]),
        "moves": row_set([row for each in changes for row in each.moves]),
        "events": row_set([row for each in changes for row in each.events]),
    }
    await connection.execute(query(_PACKAGE, "move_copies"), parameters, prepare=True)
    touched = {MessageKey(row.tenant, row.message) for each in changes for row in each.moves}
    touched |= {MessageKey(row.tenant, row.message) for each in changes for row in each.removed}
    if touched:
        messages = row_set(sorted(touched, key=lambda key: (key.tenant, key.message)))
        await connection.execute(query(_PACKAGE, "finish"), {"messages": messages, "at": at}, prepare=True)


def _seldom(changes: Sequence[Changes]) -> dict[LiteralString, list[object]]:
    """Return the rows that most moves have none of, by the query that takes them.

    Apart from the others, because a statement costs for every table in it, rows or not.
    """
    return {
        "put_off_copies": [row for each in changes for row in each.put_off],
        "steer_copies": [row for each in changes for row in each.steered],
        "add_recipients": [row for each in changes for row in each.recipients],
        "add_queued": [row for each in changes for row in each.queue],
        "add_resting": [row for each in changes for row in each.quarantine],
        "end_resting": [row for each in changes for row in each.ended],
        "narrow_resting": [row for each in changes for row in each.narrowed],
        "note_numbers": [row for each in changes for row in each.numbers],
    }
