"""Reports that go out once a day to each domain: when, and how many at a time.

They leave in the hours after midnight UTC, each domain's at a moment of its own, so that a domain that
many write to is not flooded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Final, Protocol, TypeVar

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import ComposedMessage

log = structlog.get_logger(__name__)

NOT_BEFORE: Final = timedelta(minutes=15)
"""After midnight: by then everything that was counted on the day is stored."""
SPREAD: Final = timedelta(hours=4)
MOST_AT_ONCE: Final = 200
MOST_OWED: Final = MOST_AT_ONCE * 50

Commit = Callable[[ComposedMessage], Awaitable[None]]


class Owed(Protocol):
    """A report that a domain is owed about a day."""

    @property
    def day(self) -> date:
        """The day it is about."""

    @property
    def domain(self) -> str:
        """Who gets it."""


_OwedT = TypeVar("_OwedT", bound=Owed)


def due_at(day: date, domain: str) -> datetime:
    """Return when the report about ``day`` goes to ``domain``: the same moment on every node."""
    share = int.from_bytes(blake2b(domain.encode(), digest_size=4).digest()) / 2**32
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    return midnight + NOT_BEFORE + share * SPREAD


async def send_each(
    owed: Iterable[_OwedT], now: datetime, report: Callable[[_OwedT, datetime], Awaitable[bool]]
) -> int:
    """Have ``report`` send what is due at ``now``; return how many domains are done with.

    One that fails is left for the next time and does not stop the others.
    """
    due = [each for each in owed if now >= due_at(each.day, each.domain)][:MOST_AT_ONCE]
    done = 0
    for each in due:
        try:
            done += await report(each, now)
        except LazarettoError as failure:
            log.warning("report not sent", domain=each.domain, problem=str(failure))
    return done
