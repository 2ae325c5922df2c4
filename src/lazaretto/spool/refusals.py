"""Mail that was turned away before its content came: noted at once, written within a second.

A flood of refusals must not become a flood of rows: above some number per client and minute they
are counted, and one row tells how many there were.  In between, memory is bounded.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import TenantId
from lazaretto.core.refusal import Refusal
from lazaretto.db.pool import Pool
from lazaretto.spool import telling
from lazaretto.spool.rows import EventRow, Rows, event_row
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.timing import utc_now
from lazaretto.spool.writing import add_rows

log = logging.getLogger(__name__)

FLUSH_EVERY: Final = 0.5
MOST_WAITING: Final = 5_000
"""Rows in memory while the database is away; more are counted only."""
MOST_CLIENTS: Final = 20_000
"""Clients counted one by one; all others share a row."""
NOBODY: Final = TenantId(0)
"""Stands in the trace for refusals that concern no tenant."""

_Key = tuple[str, int]


@dataclass(slots=True)
class _Count:
    """One client and tenant within one minute."""

    minute: int
    told: int = 0
    untold: int = 0
    last: Refusal | None = None


class RefusalLog:
    """Takes refusals from the edge's loop and writes them beside it."""

    def __init__(self, pool: Pool, settings: SpoolSettings) -> None:
        self._pool = pool
        self._most = settings.refusals_per_minute
        self._waiting: list[Refusal] = []
        self._counts: dict[_Key, _Count] = {}
        self._summaries: list[EventRow] = []
        self._task: asyncio.Task[None] | None = None

    def note(self, refusal: Refusal) -> None:
        """Remember ``refusal``; returns at once and never fails."""
        minute = int(refusal.at.timestamp() // 60)
        key = self._key(refusal)
        count = self._counts.get(key)
        if count is None or count.minute != minute:
            if count is not None:
                self._sum_up(count)
            count = self._counts[key] = _Count(minute)
        if count.told < self._most and len(self._waiting) < MOST_WAITING:
            count.told += 1
            self._waiting.append(refusal)
        else:
            count.untold += 1
            count.last = refusal

    async def start(self) -> None:
        """Begin to write what is noted."""
        self._task = asyncio.create_task(self._write_forever())

    async def stop(self) -> None:
        """Write what still waits, counts included, and end; what the database does not take is lost."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(LazarettoError):
            await self.flush(all_counts=True)

    async def _write_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            try:
                await self.flush()
            except LazarettoError as failure:
                log.warning("refusals wait", extra={"reason": str(failure), "waiting": len(self._waiting)})
            except Exception:
                # A worker loop: rows that cannot be written are lost, but not all those after them.
                log.exception("refusals lost")

    async def flush(self, now: datetime | None = None, *, all_counts: bool = False) -> None:
        """Write what waits; counts of minutes that are over, or all of them, become rows.

        On failure everything waits for the next call.
        """
        self._end_minutes(now, all_counts=all_counts)
        waiting, self._waiting = self._waiting, []
        summaries, self._summaries = self._summaries, []
        rows = (*(_row(refusal) for refusal in waiting), *summaries)
        if not rows:
            return
        try:
            async with self._pool.transaction() as connection:
                await add_rows(connection, [Rows(events=rows)])
        except LazarettoError:
            self._waiting = [*waiting, *self._waiting]
            self._summaries = [*summaries, *self._summaries]
            raise

    def _key(self, refusal: Refusal) -> _Key:
        key = (refusal.client.ip, refusal.tenant or NOBODY)
        if key in self._counts or len(self._counts) < MOST_CLIENTS:
            return key
        return ("", NOBODY)

    def _end_minutes(self, now: datetime | None, *, all_counts: bool) -> None:
        minute = int((now or utc_now()).timestamp() // 60)
        over = [key for key, count in self._counts.items() if all_counts or count.minute < minute]
        for key in over:
            self._sum_up(self._counts.pop(key))

    def _sum_up(self, count: _Count) -> None:
        if count.untold and count.last is not None and len(self._summaries) < MOST_WAITING:
            self._summaries.append(_row(count.last, count.untold))


def _row(refusal: Refusal, count: int = 1) -> EventRow:
    event = Event(
        kind=EventKind.REFUSED,
        at=refusal.at,
        tenant=refusal.tenant or NOBODY,
        message=refusal.id,
        recipients=(refusal.recipient,) if refusal.recipient else (),
        details={
            "client": telling.client_details(refusal.client, refusal.tls_policy),
            "direction": refusal.direction.value,
            "reverse_path": refusal.reverse_path,
            "stage": refusal.stage,
            "reply": str(refusal.reply),
            "temporary": refusal.reply.is_temporary,
            "reason": refusal.reason,
            "count": count,
        },
    )
    return event_row(event, refusal.at, guarded=False)
