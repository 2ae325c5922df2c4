"""How often something may fail before it has to wait: counted in the database, alike for all processes.

What is counted is what was typed, whether or not there is such an account, so that nobody learns which
there are.  From one place five failures are free, then every further one doubles the wait; an address as
such, tried from everywhere, has a much higher bound, so that strangers cannot lock somebody out cheaply.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F
from django.db.models.functions import Least

from lazaretto.store.people.models import Failure

FREE: Final = 5
FREE_FROM_EVERYWHERE: Final = 50
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=15)
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_MOST: Final = 1_000_000


def wait_for(address: str, client: str, now: datetime | None = None) -> timedelta:
    """Return how long ``address`` cannot be tried from ``client``; zero = it can."""
    now = now or datetime.now(UTC)
    bounds = {_key(address, client): FREE, _key(address, ""): FREE_FROM_EVERYWHERE}
    longest = timedelta()
    for failure in Failure.objects.filter(key__in=bounds, last_at__gt=now - _FORGOTTEN_AFTER):
        until = failure.last_at + _wait_after(failure.count - bounds[failure.key])
        longest = max(longest, until - now)
    return longest


def failed(address: str, client: str, now: datetime | None = None) -> None:
    """Count one failure."""
    now = now or datetime.now(UTC)
    Failure.objects.filter(last_at__lte=now - _FORGOTTEN_AFTER).delete()
    for key in (_key(address, client), _key(address, "")):
        _failure, is_new = Failure.objects.get_or_create(key=key, defaults={"count": 1, "last_at": now})
        if not is_new:
            Failure.objects.filter(key=key).update(count=Least(F("count") + 1, _MOST), last_at=now)


def succeeded(address: str, client: str) -> None:
    """Forget the failures from ``client``; those from elsewhere stay."""
    Failure.objects.filter(key=_key(address, client)).delete()


def _wait_after(beyond: int) -> timedelta:
    if beyond < 0:
        return timedelta()
    doublings: int = min(beyond, 10)
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << doublings))


def _key(address: str, client: str) -> str:
    return hashlib.sha256(f"{address.strip().lower()}\x00{client}".encode()).hexdigest()
