"""The queue in figures: how much waits for us and for others, and for how long.

Twelve figures for each domain and six in all, under names that tools for mail gateways know.  The
receive queue is what was accepted and waits for a look; the delivery queue is what was looked at and
waits for a next hop, on hold or not.  A domain is a recipient's for inbound mail and the sender's for
outbound mail; notices of our own, which have no sender, are outbound mail of the domain ``<>``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"
DIRECTIONS: Final = ("Inbound", "Outbound")
STAGES: Final = ("Receive", "Delivery")
NO_SENDER: Final = "<>"

Figures = dict[str, int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedQueue:
    """The queue in figures; ages are seconds since a message was accepted."""

    totals: Figures
    domains: dict[str, Figures]
    """By name, in order; domains without mail in the queue are left out."""


class QueueFigures:
    """Counts the queue of database ``spool``."""

    def __init__(self, pool: Pool, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    async def count(self, tenant: TenantId | None = None) -> CountedQueue:
        """Return the figures at this moment; ``tenant`` None means everybody's, for operators."""
        parameters = {"tenant": tenant, "now": self._clock()}
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(_CountedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "count_waiting"), parameters, prepare=False)
            return counted(await cursor.fetchall())


@dataclass(frozen=True, slots=True)
class _CountedRow:
    domain: str | None
    """None for all domains together; empty where there is no sender."""
    direction: str
    stage: str
    messages: int
    longest: float
    mean: float


def counted(rows: Iterable[_CountedRow]) -> CountedQueue:
    """Return ``rows`` under the names of the figures; what no row speaks of is zero."""
    totals = _no_totals()
    domains: dict[str, Figures] = {}
    for row in rows:
        if row.domain is None:
            _put(totals, row, "TotalMessages{}", "LongestTimeIn{}", "MeanTimeInQueue{}")
            continue
        figures = domains.setdefault(row.domain or NO_SENDER, _no_figures())
        names = (f"{row.stage}QueueCount", f"LongestTimeIn{row.stage}Queue", f"MeanTimeIn{row.stage}Queue")
        _put(figures, row, *(f"{name}{{}}" for name in names))
    return CountedQueue(totals=totals, domains=dict(sorted(domains.items())))


def _put(figures: Figures, row: _CountedRow, count: str, longest: str, mean: str) -> None:
    figures[count.format(row.direction)] = row.messages
    figures[longest.format(row.direction)] = round(row.longest, 1)
    figures[mean.format(row.direction)] = round(row.mean, 1)


def _no_totals() -> Figures:
    names = ("TotalMessages", "MeanTimeInQueue", "LongestTimeIn")
    return {f"{name}{direction}": 0 for name in names for direction in DIRECTIONS}


def _no_figures() -> Figures:
    return {
        f"{name.format(stage)}{direction}": 0
        for name in ("{}QueueCount", "LongestTimeIn{}Queue", "MeanTimeIn{}Queue")
        for stage in STAGES
        for direction in DIRECTIONS
    }
