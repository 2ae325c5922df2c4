"""From the outbox to the trace: in order, at least once, and counted once.

The trace takes a batch in one transaction that knows each event by its number, so a batch that is
shipped again after a crash adds nothing.  Then the outbox forgets exactly those events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
import psycopg

from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import FEATURES, RECORD
from lazaretto.db.json_text import json_text
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.journal.outbox import OutboxEvent, read_payload
from lazaretto.journal.stories import Stories, stories_of
from lazaretto.journal.tables import EVENT, FEATURE, LOOK, MAIL_EVENT, MESSAGE, RECIPIENT

log = logging.getLogger(__name__)

_PACKAGE: Final = "lazaretto.journal"
IDLE_PAUSE: Final = 0.25
FAILURE_PAUSE: Final = 1.0
AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shipment:
    """One event with its number in the outbox."""

    seq: int
    event: OutboxEvent


class Shipper:
    """Ships all events of one spool; where several processes try, one does and the others wait."""

    def __init__(
        self,
        spool: Pool,
        trace: Pool,
        *,
        batch: int = 500,
        tell: Callable[[Sequence[OutboxEvent]], Awaitable[None]] | None = None,
    ) -> None:
        """``tell`` hears of events that are new to the trace, at most once: for figures, not for duties."""
        self._tell = tell
        self._spool = spool
        self._trace = trace
        self._batch = batch
        self._days: dict[str, set[datetime]] = {}

    async def run(self) -> None:
        """Ship until cancelled; while the trace is away, events wait in the outbox."""
        while True:
            try:
                shipped = await self.ship_once()
            except LazarettoError as failure:
                log.warning("shipping failed", extra={"reason": str(failure)})
                await asyncio.sleep(FAILURE_PAUSE)
                continue
            if shipped < self._batch:
                await asyncio.sleep(IDLE_PAUSE)

    async def ship_once(self) -> int:
        """Ship the oldest events, at most a batch; return how many left the outbox."""
        async with self._spool.transaction() as connection:
            cursor = await connection.execute(
                query(_PACKAGE, "read_outbox"), {"wanted": self._batch}, prepare=True
            )
            rows = await cursor.fetchall()
            if not rows:
                return 0
            problems = await self._ship(rows)
            await _forget(connection, [seq for seq, _ in rows], problems)
        return len(rows)

    async def _ship(self, rows: Sequence[tuple[Any, ...]]) -> dict[int, str]:
        """Ship what can be; return why the others cannot."""
        problems: dict[int, str] = {}
        shipments = []
        for seq, payload in rows:
            try:
                shipments.append(Shipment(seq, read_payload(payload)))
            except msgspec.MsgspecError as failure:
                problems[seq] = str(failure)
        try:
            await self._write(shipments)
        except LazarettoError as failure:
            if not isinstance(failure.__cause__, psycopg.DataError | psycopg.IntegrityError):
                raise
            problems |= await self._ship_singly(shipments)
        return problems

    async def _ship_singly(self, shipments: Sequence[Shipment]) -> dict[int, str]:
        problems = {}
        for shipment in shipments:
            try:
                await self._write([shipment])
            except LazarettoError as failure:
                if not isinstance(failure.__cause__, psycopg.DataError | psycopg.IntegrityError):
                    raise
                problems[shipment.seq] = str(failure)
        return problems

    async def _write(self, shipments: Sequence[Shipment]) -> None:
        if not shipments:
            return
        await self._make_partitions(shipments)
        async with self._trace.transaction() as connection:
            new = await _add_events(connection, shipments)
            events = [shipment.event for shipment in shipments if shipment.seq in new]
            await _add_stories(connection, stories_of(events))
        if self._tell is not None and events:
            await self._tell(events)

    async def _make_partitions(self, shipments: Sequence[Shipment]) -> None:
        happened = {Span.DAY.start_of(shipment.event.at) for shipment in shipments}
        received = {Span.DAY.start_of(shipment.event.received_at) for shipment in shipments}
        later = ((MESSAGE, received), (RECIPIENT, received), (LOOK, received), (FEATURE, received))
        recorded = {
            Span.DAY.start_of(shipment.event.received_at)
            for shipment in shipments
            if RECORD in shipment.event.details
        }
        for table, days in ((EVENT, happened), (MAIL_EVENT, recorded), *later):
            wanted = days | {Span.DAY.start_of(day + AHEAD) for day in days}
            missing = wanted - self._days.setdefault(table.table, set())
            if missing:
                async with self._trace.transaction() as connection:
                    await ensure(connection, table, sorted(missing))
                self._days[table.table] |= missing

    def forget_partitions(self) -> None:
        """Look again which partitions exist; call it after some were dropped."""
        self._days.clear()


@dataclass(frozen=True, slots=True)
class _EventRow:
    seq: int
    at: datetime
    tenant: int
    message: UUID
    kind: str
    recipients: tuple[str, ...]
    details: dict[str, Any]


async def _add_events(connection: Connection, shipments: Sequence[Shipment]) -> set[int]:
    """Add the events; return the numbers of those that were not there."""
    rows = [
        _EventRow(
            shipment.seq,
            shipment.event.at,
            shipment.event.tenant,
            shipment.event.message,
            shipment.event.kind.value,
            shipment.event.recipients,
            {key: value for key, value in shipment.event.details.items() if key != FEATURES},
        )
        for shipment in shipments
    ]
    cursor = await connection.execute(query(_PACKAGE, "add_events"), {"events": _row_set(rows)}, prepare=True)
    return {seq for (seq,) in await cursor.fetchall()}


async def _add_stories(connection: Connection, stories: Stories) -> None:
    sets: dict[LiteralString, tuple[str, Sequence[Any]]] = {
        "add_messages": ("messages", list(stories.messages.values())),
        "add_recipients": ("recipients", list(stories.recipients.values())),
        "add_looks": ("looks", list(stories.looks.values())),
        "add_quarantined": ("quarantined", list(stories.quarantined.values())),
        "end_quarantined": ("ended", list(stories.left.values())),
        "narrow_quarantined": ("narrowed", stories.narrowed),
        "add_figures": ("ended", stories.ended()),
        "note_hours_to_count": ("hours", stories.hours()),
        "add_tls_reports": ("reports", stories.tls_reports),
        "add_malware_events": ("malware", stories.malware),
        "add_mail_events": ("mail", stories.mail),
        "add_features": ("features", stories.features),
    }
    for name, (parameter, rows) in sets.items():
        if rows:
            await connection.execute(query(_PACKAGE, name), {parameter: _row_set(rows)}, prepare=True)


async def _forget(connection: Connection, numbers: list[int], problems: dict[int, str]) -> None:
    for seq, problem in problems.items():
        log.error("event unreadable", extra={"seq": seq})
        parameters = {"seq": seq, "problem": problem}
        await connection.execute(query(_PACKAGE, "set_aside"), parameters)
    await connection.execute(query(_PACKAGE, "forget_shipped"), {"numbers": numbers}, prepare=True)


def _row_set(rows: Sequence[Any]) -> str:
    return json_text(rows).decode()
