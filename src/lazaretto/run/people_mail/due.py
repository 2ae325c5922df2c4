"""When a digest is due: by the grid of hours and weekdays, and only for what is new."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from lazaretto.core.end_users import DigestWanted, Weekday
from lazaretto.tenants.mailboxes import DigestChoice, DigestLook, MailboxChoices

_WEEK: Final = tuple(Weekday)
SETTLING: Final = timedelta(minutes=1)
"""What is being committed at the moment of a look may come to rest with an earlier time than what is seen."""


def hours_of(wanted: DigestWanted, choices: MailboxChoices) -> Mapping[Weekday, tuple[int, ...]]:
    """Return the hours at which somebody gets digests; their own word counts where the tenant sends any."""
    if choices.digest is DigestChoice.NONE or not wanted.hours:
        return {}
    return choices.hours if choices.digest is DigestChoice.OWN else wanted.hours


def last_slot(hours: Mapping[Weekday, tuple[int, ...]], zone: str, now: datetime) -> datetime | None:
    """Return the latest full hour of the grid that has begun at ``now``; None where there is none.

    An hour that a change of the clock leaves out begins when the clock has passed it; one that comes
    twice counts once.
    """
    local = zoneinfo.ZoneInfo(zone)
    today = now.astimezone(local).date()
    for back in range(8):
        day = today - timedelta(days=back)
        for hour in sorted(hours.get(_WEEK[day.weekday()], ()), reverse=True):
            slot = datetime.combine(day, time(hour), local).astimezone(UTC)
            if slot <= now:
                return slot
    return None


def tells_until(slot: datetime, look: DigestLook) -> datetime:
    """Return up to when a digest for ``slot`` tells: to the look where that is the first one after the hour.

    After an outage over the hour the next one may be a day away.  A later look tells up to the hour only:
    by then the digest may have gone, and it must not be noted to have told of more than it did.
    """
    is_first = look.before is not None and slot > look.before
    return max(slot, look.at - SETTLING) if is_first else slot


def is_due(slot: datetime, digested_at: datetime | None) -> bool:
    """Tell whether the digest for ``slot`` did not go yet, nor one for a later hour."""
    return digested_at is None or slot > digested_at
