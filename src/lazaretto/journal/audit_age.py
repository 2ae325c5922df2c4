"""From which moment on the audit keeps what people ordered."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime


def kept_since(now: datetime, months: int) -> datetime:
    """Return the beginning of the day (UTC) that was ``months`` months before ``now``.

    Of a month that is too short for the day, it is the last day.  By whole days, a chain gets no more than
    one entry a day that states what was forgotten.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return today.replace(year=year, month=month + 1, day=min(today.day, monthrange(year, month + 1)[1]))
