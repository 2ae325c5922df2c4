"""How long the trace remembers: days are dropped whole, figures and lists row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from lazaretto.db.partitions import drop_before, ensure_ahead
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.journal.tables import MAIL_EVENT, TRACE

_PACKAGE: Final = "lazaretto.journal"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is not remembered any more."""

    partitions: tuple[str, ...]
    figures: int
    quarantined: int


async def forget_old(
    pool: Pool, now: datetime, *, keep_trace: timedelta, keep_figures: timedelta
) -> Forgotten:
    """Drop days of the trace that ended ``keep_trace`` ago, and figures and ended copies at rest.

    Makes the partitions of tomorrow as well.  Copies at rest stay listed until they have left.
    """
    dropped: list[str] = []
    for table in TRACE:
        async with pool.transaction() as connection:
            await ensure_ahead(connection, table, now, 1)
            dropped += await drop_before(connection, table, now - keep_trace)
    async with pool.transaction() as connection:
        dropped += await drop_before(connection, MAIL_EVENT, now - keep_figures)
    async with pool.transaction() as connection:
        parameters: dict[str, Any] = {"figures_before": now - keep_figures, "ended_before": now - keep_trace}
        await connection.execute(query(_PACKAGE, "forget_malware_events"), parameters)
        figures = await connection.execute(query(_PACKAGE, "forget_figures"), parameters)
        await connection.execute(query(_PACKAGE, "forget_traffic"), parameters)
        quarantined = await connection.execute(query(_PACKAGE, "forget_quarantined"), parameters)
        await connection.execute(query(_PACKAGE, "forget_tls_reports"), parameters)
        counted_before = {"before": (now - keep_trace).date()}
        await connection.execute(query(_PACKAGE, "forget_tls_counts"), counted_before)
        return Forgotten(tuple(dropped), figures.rowcount, quarantined.rowcount)
