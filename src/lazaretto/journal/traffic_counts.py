"""How many messages there were, by hour of receipt: figures that equal what a search finds.

Hours are counted from the trace itself once something became known of them, and counted anew whenever
more does: applied twice, it is the same.  Hours that wait to be counted are counted as they are asked
for, so that nobody ever reads an old figure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import class_row

from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

log = logging.getLogger(__name__)

_PACKAGE: Final = "lazaretto.journal"
PAUSE: Final = 60.0
"""Seconds; hours that wait are counted whenever they are asked for, so nobody waits for this."""
BATCH: Final = 50
COUNTED_FOR: Final = timedelta(days=28)
"""Hours that are older keep the figures they have: the trace soon knows their messages no more."""
ALL: Final = "all"
SCANNED: Final = "scanned"


def verdict_measure(verdict: str) -> str:
    """Return the measure of messages that were found to be ``verdict``."""
    return f"verdict:{verdict}"


def place_measure(place: str) -> str:
    """Return the measure of messages that have a copy at ``place``."""
    return f"place:{place}"


@dataclass(frozen=True, slots=True)
class Counted:
    """Messages of one hour."""

    hour: datetime
    direction: str
    measure: str
    messages: int


class TrafficCounts:
    """The figures in database ``trace``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Count what is to be counted until cancelled."""
        while True:
            try:
                counted = await self.count_once()
            except LazarettoError as failure:
                log.warning("counting failed", extra={"reason": str(failure)})
                counted = 0
            if counted < BATCH:
                await asyncio.sleep(PAUSE)

    async def count_once(self, now: datetime | None = None) -> int:
        """Count at most a batch of hours, latest first; return how many were taken up."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "read_hours_to_count"), {"wanted": BATCH})
            hours = await cursor.fetchall()
        for tenant, hour in hours:
            await self._count(tenant, hour, now)
        return len(hours)

    async def _count(self, tenant: int, hour: datetime, now: datetime | None) -> None:
        parameters = {"tenant": tenant, "hour": hour, "hours": [hour]}
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "take_hour_to_count"), parameters)
            if await cursor.fetchone() is None:
                return
            if hour < (now or datetime.now(hour.tzinfo)) - COUNTED_FOR:
                return
            await connection.execute(query(_PACKAGE, "forget_hour"), parameters)
            await connection.execute(query(_PACKAGE, "count_hour"), parameters)

    async def read(
        self, tenant: TenantId, since: datetime, until: datetime, domain: str = ""
    ) -> Sequence[Counted]:
        """Return the figures of the hours from ``since`` until ``until``, of one domain or of all."""
        parameters: Mapping[str, Any] = {
            "tenant": tenant,
            "since": since,
            "until": until,
            "domain": domain.lower(),
            "oldest": datetime.now(since.tzinfo) - COUNTED_FOR,
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Counted)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "read_traffic"), parameters, prepare=False)
            return await cursor.fetchall()
