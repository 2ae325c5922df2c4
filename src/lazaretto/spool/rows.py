"""Rows as they are written: one type per table, and their form as JSON row sets.

A batch of any size is one statement with one parameter per table; PostgreSQL unpacks it with
``json_to_recordset``.  Octets travel in it as base64, except content itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from lazaretto.core.decision import Splice
from lazaretto.core.events import Event
from lazaretto.core.queued import QueueKind
from lazaretto.db.json_text import json_text
from lazaretto.journal.outbox import payload

_splices = msgspec.msgpack.Decoder(list[tuple[int, int, bytes]])


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """Sealed octets for table ``content``."""

    tenant: int
    message: UUID
    stored_at: datetime
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A row of ``message``."""

    tenant: int
    id: UUID
    received_at: datetime
    stored_at: datetime
    reverse_path: str
    eight_bit: bool
    smtputf8: bool
    envid: str
    ret: str
    trace_header: bytes
    subject: str
    message_id: str
    size: int
    sha256: bytes
    content_kind: str
    content_reference: str
    wrapped_key: bytes
    key_version: int
    verdict: str
    return_path_trusted: bool
    next_number: int
    submission: bytes | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """A row of ``recipient``."""

    tenant: int
    message: UUID
    number: int
    address: str
    deliver_to: str
    notify: str
    original: str
    place: str
    additional: bool
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A row of ``queue``."""

    tenant: int
    message: UUID
    number: int
    kind: QueueKind
    destination: str
    direction: str
    recipients: tuple[int, ...]
    splices: bytes | None
    next_at: datetime
    attempt: int
    owner: int | None
    failures: int
    expires_at: datetime
    last_reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A row of ``quarantine``."""

    day: str
    id: UUID
    tenant: int
    message: UUID
    number: int
    direction: str
    recipients: tuple[int, ...]
    addresses: tuple[str, ...]
    reason: str
    quarantined_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A row of ``outbox``."""

    tenant: int
    message: UUID
    payload: msgspec.Raw
    guarded: bool = True
    """Written only if its message is added by the same statement."""


def event_row(event: Event, received_at: datetime, *, guarded: bool = True) -> EventRow:
    """Return the row of ``event``, whose message was received at ``received_at``."""
    return EventRow(
        tenant=event.tenant,
        message=event.message,
        payload=msgspec.Raw(payload(event, received_at)),
        guarded=guarded,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything that one submission, composed message or settlement adds."""

    messages: tuple[MessageRow, ...] = ()
    contents: tuple[ContentRow, ...] = ()
    recipients: tuple[RecipientRow, ...] = ()
    queue: tuple[QueueRow, ...] = ()
    quarantine: tuple[QuarantineRow, ...] = ()
    events: tuple[EventRow, ...] = ()

    @property
    def moments(self) -> list[datetime]:
        """The times whose partitions it needs."""
        return [row.stored_at for row in self.contents] + [row.quarantined_at for row in self.quarantine]

    @property
    def octets(self) -> int:
        """How much content it carries."""
        return sum(len(row.octets) for row in self.contents)


def row_set(rows: Sequence[Any]) -> str:
    """Return ``rows`` as the JSON array that a statement unpacks."""
    return json_text(rows).decode()


def packed(splices: Sequence[Splice]) -> bytes | None:
    """Return ``splices`` as a row holds them; None when there are none."""
    if not splices:
        return None
    return msgspec.msgpack.encode([(each.offset, each.length, each.octets) for each in splices])


def unpacked(splices: bytes | None) -> tuple[Splice, ...]:
    """Return what ``packed`` was given."""
    return tuple(Splice(*each) for each in _splices.decode(splices)) if splices else ()


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all ``parts``, in order."""
    if len(parts) == 1:
        return parts[0]
    return Rows(
        messages=tuple(row for part in parts for row in part.messages),
        contents=tuple(row for part in parts for row in part.contents),
        recipients=tuple(row for part in parts for row in part.recipients),
        queue=tuple(row for part in parts for row in part.queue),
        quarantine=tuple(row for part in parts for row in part.quarantine),
        events=tuple(row for part in parts for row in part.events),
    )
