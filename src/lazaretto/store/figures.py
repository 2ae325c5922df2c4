"""The dashboard's numbers: messages by what was found in them and what became of them.

A number is a count of messages in whole hours of receipt, and carries the search that finds exactly
those messages, for as long as the trace keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

from lazaretto.core.errors import ScopeError
from lazaretto.core.places import Place
from lazaretto.db.partitions import Span
from lazaretto.journal.search import MAIL, OF_MAIL
from lazaretto.journal.traffic_counts import SCANNED, Counted, place_measure, verdict_measure
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_in_force
from lazaretto.store.traffic import Asked

TRACED_FOR: Final = timedelta(days=30)


class Period(Enum):
    """How far back a dashboard looks."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    YEAR = "12m"

    @property
    def hours(self) -> int:
        """Return how many hours it spans, the one that runs included."""
        return {"24h": 24, "7d": 7 * 24, "30d": 30 * 24, "12m": 365 * 24}[self.value]


class Figure(Enum):
    """What is counted, in the order in which it is shown."""

    SCANNED = "scanned"
    SPAM = "spam"
    PHISHING = "phishing"
    MALWARE = "malware"
    VIOLATION = "violation"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    DELIVERED = "delivered"

    @property
    def measure(self) -> str:
        """Return the measure that counts it."""
        if self is Figure.SCANNED:
            return SCANNED
        if self in _PLACES:
            return place_measure(_PLACES[self].value)
        return verdict_measure(self.value)

    def search(self, since: datetime, until: datetime, domain: str = "", direction: str = "") -> Asked:
        """Return the search that finds the messages which it counts."""
        return Asked(
            verdict=self.value if self in _VERDICTS else None,
            scanned=True if self is Figure.SCANNED else None,
            place=_PLACES[self].value if self in _PLACES else None,
            domain=domain or None,
            direction=direction or MAIL,
            since=since,
            until=until,
        )


_PLACES: Final = {
    Figure.REFUSED: Place.REFUSED,
    Figure.QUARANTINED: Place.QUARANTINED,
    Figure.DELIVERED: Place.DELIVERED,
}
_VERDICTS: Final = frozenset(Figure) - _PLACES.keys() - {Figure.SCANNED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bar of a chart."""

    since: datetime
    """In the reader's time zone."""
    counts: dict[Figure, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The numbers of one period."""

    period: Period
    since: datetime
    until: datetime
    domain: str
    """Empty = all domains."""
    direction: str
    """Empty = inbound and outbound: what people sent, without the notices that we composed."""
    totals: dict[Figure, int]
    steps: tuple[Step, ...]
    is_traced: bool
    """Whether the trace still has all these messages."""


def domains(scope: Scope) -> list[str]:
    """Return the tenant's domains that the scope reaches, in order."""
    return sorted(name for name in snapshot_in_force(scope).domains if scope.domains.reach(name))


def figures(
    scope: Scope,
    period: Period,
    *,
    domain: str = "",
    direction: str = "",
    zone: tzinfo = UTC,
    now: datetime | None = None,
) -> Figures:
    """Return the numbers of ``period`` until the end of the hour that runs.

    Who sees some domains only is shown one of them: messages for two domains are one message, so that
    domains cannot be added up.
    """
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    if not scope.domains.is_all:
        reached = domains(scope)
        domain = domain or (reached[0] if reached else "")
    if (domain and not scope.domains.reach(domain)) or (not domain and not scope.domains.is_all):
        raise ScopeError("there is no such domain")
    until = Span.HOUR.start_of(now or datetime.now(UTC)) + timedelta(hours=1)
    since = until - timedelta(hours=period.hours)
    path = mail_path()
    counted = [
        each
        for each in path.wait(path.traffic_counts.read(scope.of_tenant, since, until, domain))
        if each.direction in ((direction,) if direction else OF_MAIL)
    ]
    return Figures(
        period=period,
        since=since,
        until=until,
        domain=domain,
        direction=direction,
        totals=_summed(counted),
        steps=tuple(_steps(period, since, until, counted, zone)),
        is_traced=until - since <= TRACED_FOR,
    )


def _summed(counted: Sequence[Counted]) -> dict[Figure, int]:
    sums: dict[str, int] = {}
    for each in counted:
        sums[each.measure] = sums.get(each.measure, 0) + each.messages
    return {figure: sums.get(figure.measure, 0) for figure in Figure}


def _steps(
    period: Period, since: datetime, until: datetime, counted: Sequence[Counted], zone: tzinfo
) -> list[Step]:
    """Return the bars in order, also those without mail."""
    parts: dict[datetime, list[Counted]] = {}
    moment = since
    while moment < until:
        parts.setdefault(_start(period, moment.astimezone(zone)), [])
        moment += timedelta(hours=1)
    for each in counted:
        parts.setdefault(_start(period, each.hour.astimezone(zone)), []).append(each)
    return [Step(since=start, counts=_summed(part)) for start, part in sorted(parts.items())]


def _start(period: Period, moment: datetime) -> datetime:
    """Return where the bar of ``moment`` begins, in the reader's time."""
    if period is Period.DAY:
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day.replace(day=1) if period is Period.YEAR else day
