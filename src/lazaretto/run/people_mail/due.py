"""When a digest is due: by the grid of hours and weekdays, and only for what is new."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from lazaretto.core.end_users import DigestWanted, Weekday
from lazaretto.tenants.mailboxes import DigestChoice, MailboxChoices

_WEEK: Final = tuple(Weekday)


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


def is_due(slot: datetime | None, digested_at: datetime | None, oldest_new: datetime) -> bool:
    """Tell whether a digest goes out: its hour came after the last one and after something new."""
    if slot is None or (digested_at is not None and slot <= digested_at):
        return False
    return oldest_new <= slot
