"""When to try again.

Most failures are over within minutes and a few last for days.  The delays grow by half each time,
from five minutes to at most four hours, and end when the copy expires, seven days after it was
accepted.  Up to a fifth is taken off each delay, so that what failed together does not come back
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_JITTER = 0.2
_GREATEST_EXPONENT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How the delays between attempts grow."""

    first_delay: timedelta = timedelta(minutes=5)
    longest_delay: timedelta = timedelta(hours=4)
    growth: float = 1.5


def next_attempt(
    schedule: Schedule, *, failures: int, now: datetime, expires_at: datetime, jitter: float
) -> datetime | None:
    """Return when to try next after ``failures`` failures; None when it is time to bounce.

    ``jitter`` is a number from 0 to 1 that the caller draws: the share of the most that is taken off.
    The last attempt is made when the copy expires, never after it.
    """
    if now >= expires_at:
        return None
    # The exponent is capped before use: 1.5 ** 2000 overflows a float, and a next hop that
    # answers 421 to every probe can get us there.
    exponent = min(max(failures - 1, 0), _GREATEST_EXPONENT)
    delay = min(schedule.longest_delay, schedule.first_delay * schedule.growth**exponent)
    return min(now + delay * (1 - MOST_JITTER * jitter), expires_at)
