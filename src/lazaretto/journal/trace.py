"""The story of messages, found by what people know of them: track and trace.

Everything told comes from events; the search index only says which messages are meant.  What is
asked for a tenant sees that tenant's part of a message and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString, TypeVar
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from lazaretto.core.events import EventKind
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.journal.search import Search

_PACKAGE: Final = "lazaretto.journal"
CLOCKS_DIFFER: Final = timedelta(hours=1)
Row = TypeVar("Row")
_ATTEMPTS: Final = {
    EventKind.DELIVERED.value: "delivered",
    EventKind.DEFERRED.value: "deferred",
    EventKind.BOUNCED.value: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRecipient:
    """One recipient of a traced message."""

    address: str
    place: str | None
    disposition: str | None
    attempts: tuple[dict[str, Any], ...] = ()
    """Each with ``time``, ``outcome``, ``reply`` and the host that gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedMessage:
    """A message's story; its fields are those of ``lazaretto trace --json``."""

    id: str
    message_id: str | None
    sender: str | None
    recipients: tuple[TracedRecipient, ...]
    verdict: str | None
    score: float | None
    reply: str | None
    """What the client was told."""
    subject: str | None
    direction: str | None
    size: int | None
    received_at: datetime
    findings: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    """Each with ``time``, ``event``, ``recipients`` and its details, in order."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        values = msgspec.to_builtins(self)
        assert isinstance(values, dict)
        return values


class Trace:
    """Track and trace on database ``trace``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, search: Search) -> list[TracedMessage]:
        """Return the stories that ``search`` means, newest first, at most its limit."""
        async with self._pool.connection() as connection:
            found = await _found(connection, search)
            if not found:
                return []
            identities = list(dict.fromkeys(row.message for row in found))
            scope = {
                "messages": identities,
                "tenant": search.tenant,
                # What happened to them is in no partition of an earlier time.
                "since": min(row.received_at for row in found),
                "until": max(row.received_at for row in found),
                "began": min(row.received_at for row in found) - CLOCKS_DIFFER,
            }
            recipients = await _read(connection, "read_recipients", _RecipientRow, scope)
            events = await _read(connection, "read_events", _EventRow, scope)
        return [
            _told(
                [row for row in found if row.message == identity],
                [row for row in recipients if row.message == identity],
                [row for row in events if row.message == identity],
            )
            for identity in identities
        ]

    async def rows(self, search: Search) -> Sequence[MessageRow]:
        """Return what the index alone says of the messages, in the order of ``find``."""
        async with self._pool.connection() as connection:
            return await _found(connection, search)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the search index has it."""

    message: UUID
    received_at: datetime
    direction: str | None
    sender: str | None
    subject: str | None
    message_id: str | None
    size: int | None
    verdict: str | None
    score: float | None
    reply: str | None


@dataclass(frozen=True, slots=True)
class _RecipientRow:
    message: UUID
    address: str
    place: str | None
    disposition: str | None


@dataclass(frozen=True, slots=True)
class _EventRow:
    message: UUID
    at: datetime
    kind: str
    recipients: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


async def _found(connection: Connection, search: Search) -> list[MessageRow]:
    found: list[MessageRow] = []
    for window in search.windows(datetime.now(UTC)):
        wanted = replace(window, limit=search.limit - len(found))
        ways = [
            await _read(connection, _query_of(search), MessageRow, way.parameters()) for way in wanted.ways()
        ]
        found += ways[0] if len(ways) == 1 else _merged(ways, wanted)
        if len(found) >= search.limit:
            break
    return found


def _merged(ways: Sequence[Sequence[MessageRow]], search: Search) -> list[MessageRow]:
    rows = [row for way in ways for row in way]
    rows.sort(key=lambda row: (row.received_at, row.message), reverse=not search.oldest_first)
    return rows[: search.limit]


def _query_of(search: Search) -> LiteralString:
    if search.is_about_copies:
        return "find_copies"
    return "find_sparse" if search.is_sparse else "find_messages"


async def _read(
    connection: Connection, name: LiteralString, row: type[Row], parameters: dict[str, Any]
) -> list[Row]:
    # Planned for these values each time: one statement serves many kinds of search.
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(query(_PACKAGE, name), parameters, prepare=False)
        return await cursor.fetchall()


def _told(
    found: Sequence[MessageRow], recipients: Sequence[_RecipientRow], events: Sequence[_EventRow]
) -> TracedMessage:
    # A transaction for several tenants has a row for each; they differ in nothing shown here.
    first = found[0]
    return TracedMessage(
        id=str(first.message),
        message_id=first.message_id or None,
        sender=first.sender,
        recipients=tuple(
            TracedRecipient(
                address=row.address,
                place=row.place,
                disposition=row.disposition,
                attempts=tuple(_attempts(row.address, events)),
            )
            for row in recipients
        ),
        verdict=_worst(found),
        score=max((row.score for row in found if row.score is not None), default=None),
        reply=first.reply,
        subject=first.subject,
        direction=first.direction,
        size=first.size,
        received_at=first.received_at,
        findings=tuple(_findings(events)),
        events=tuple(_event(event) for event in events),
    )


def _worst(found: Iterable[MessageRow]) -> str | None:
    return next((row.verdict for row in found if row.verdict), None)


def _attempts(address: str, events: Iterable[_EventRow]) -> Iterable[dict[str, Any]]:
    for event in events:
        if event.kind in _ATTEMPTS and address in event.recipients:
            yield {"time": event.at, "outcome": _ATTEMPTS[event.kind], **event.details}


def _findings(events: Iterable[_EventRow]) -> Iterable[dict[str, Any]]:
    seen = set()
    for event in events:
        for finding in event.details.get("findings", ()) if event.kind == EventKind.SCANNED.value else ():
            key = (finding.get("symbol"), finding.get("evidence"))
            if key not in seen:
                seen.add(key)
                yield finding


def _event(event: _EventRow) -> dict[str, Any]:
    return {"time": event.at, "event": event.kind, "recipients": event.recipients, **event.details}
