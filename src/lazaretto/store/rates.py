"""How often something may be asked, counted in the database: alike for all processes and machines.

Each key has a bucket that fills evenly.  A crash of the database empties the table, so that nobody is
refused who should not be; it can lose nothing else.
"""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

from django.db import connection

from lazaretto.db.sql import query

_TIDIED_ONCE_IN: Final = 1_000


def wait_after_spending(key: str, per_minute: int, now: datetime | None = None) -> timedelta:
    """Count one request of ``key`` and return zero; or count nothing and return how long to wait.

    ``per_minute`` requests may come at once.
    """
    now = now or datetime.now(UTC)
    step, burst = timedelta(minutes=1) / per_minute, timedelta(minutes=1)
    # What people are known by does not stand in the table.
    values = {"key": hashlib.sha256(key.encode()).hexdigest(), "now": now, "step": step, "burst": burst}
    if random.randrange(_TIDIED_ONCE_IN) == 0:  # noqa: S311 - nothing secret depends on it
        _first("forget_rates", values)
    if _first("spend", values) is not None:
        return timedelta()
    found = _first("full_at", values)
    return max(step, found[0] + step - now - burst) if found else timedelta()


def _first(name: LiteralString, values: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query("lazaretto.store", name), values)
        return cursor.fetchone() if cursor.description else None
