"""Counts by the hour that all edges of a platform share, and that outlive each of them.

An edge counts in memory, so that nothing waits for a database; now and then it hands over what it
counted and learns what all counted together.  Between two such moments edges know of one another's
mail a little late: a limit is passed by a moment's mail at most.

An hour's count slides: what the hour before counted fades away as this one grows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from lazaretto.core.excess import Counted
from lazaretto.core.identity import TenantId

HOURS_KEPT: Final = 25
_HOUR: Final = 3_600
_DAY: Final = 24
Key = tuple[TenantId, str]


@dataclass(slots=True)
class _Hours:
    """Amounts of one subject, by number of the hour."""

    shared: dict[int, int] = field(default_factory=dict)
    """By everybody, as far as is known."""
    own: dict[int, int] = field(default_factory=dict)
    """Here, since it was handed over last."""

    def of(self, hour: int) -> int:
        return max(0, self.shared.get(hour, 0) + self.own.get(hour, 0))


class Tally:
    """Counts of the last day; of too many subjects those are forgotten that were counted longest ago.

    ``share_from`` is the amount of an hour below which nobody else is told: most kinds of messages come
    once.
    """

    def __init__(self, subjects: tuple[str, ...], most: int, *, share_from: int = 1) -> None:
        """``subjects`` are what its subjects begin with, and nobody else's."""
        self.subjects = subjects
        self._most = most
        self._share_from = share_from
        self._subjects: OrderedDict[Key, _Hours] = OrderedDict()
        self._dirty: set[Key] = set()

    def in_hour(self, key: Key, at: datetime) -> int:
        """Return how much was counted within the hour before ``at``."""
        return self._last(key, at, 1)

    def in_day(self, key: Key, at: datetime) -> int:
        """Return how much was counted within the day before ``at``."""
        return self._last(key, at, _DAY)

    def add(self, key: Key, amount: int, at: datetime) -> None:
        """Count ``amount`` more; a negative one takes back what came to nothing."""
        hours = self._hours(key)
        hour = _number(at)
        hours.own[hour] = hours.own.get(hour, 0) + amount
        if hours.of(hour) >= self._share_from:
            self._dirty.add(key)

    def hand_over(self) -> list[Counted]:
        """Return what was counted since the last time, in the order of all edges; it counts as shared."""
        told: list[Counted] = []
        for key in sorted(self._dirty):
            hours = self._subjects.get(key)
            if hours is not None:
                told += [_counted(key, hour, amount) for hour, amount in sorted(hours.own.items()) if amount]
                for hour, amount in hours.own.items():
                    hours.shared[hour] = hours.shared.get(hour, 0) + amount
                hours.own = {}
        self._dirty.clear()
        return told

    def take_back(self, told: Iterable[Counted]) -> None:
        """Keep ``told`` for another time: it could not be handed over."""
        for each in told:
            key, hour = (each.tenant, each.subject), _number(each.hour)
            hours = self._hours(key)
            hours.own[hour] = hours.own.get(hour, 0) + each.amount
            hours.shared[hour] = hours.shared.get(hour, 0) - each.amount
            self._dirty.add(key)

    def learn(self, known: Iterable[Counted]) -> None:
        """Take over what all counted together, this edge with what it handed over."""
        for each in known:
            self._hours((each.tenant, each.subject)).shared[_number(each.hour)] = each.amount

    def _last(self, key: Key, at: datetime, span: int) -> int:
        hours = self._subjects.get(key)
        if hours is None:
            return 0
        now = _number(at)
        passed = at.timestamp() % _HOUR / _HOUR
        whole = sum(hours.of(now - back) for back in range(span))
        return whole + int(hours.of(now - span) * (1 - passed))

    def _hours(self, key: Key) -> _Hours:
        hours = self._subjects.get(key)
        if hours is None:
            hours = self._subjects[key] = _Hours()
            if len(self._subjects) > self._most:
                forgotten, _ = self._subjects.popitem(last=False)
                self._dirty.discard(forgotten)
        else:
            self._subjects.move_to_end(key)
            _forget_old(hours)
        return hours


def since(at: datetime) -> datetime:
    """Return the first hour that still counts at ``at``."""
    return _moment(_number(at) - HOURS_KEPT + 1)


def _forget_old(hours: _Hours) -> None:
    # By number, not by the clock: one that jumps ahead and back must not lose the day.
    for amounts in (hours.shared, hours.own):
        while len(amounts) > HOURS_KEPT:
            del amounts[min(amounts)]


def _counted(key: Key, hour: int, amount: int) -> Counted:
    return Counted(tenant=key[0], subject=key[1], hour=_moment(hour), amount=amount)


def _number(at: datetime) -> int:
    return int(at.timestamp() // _HOUR)


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(hours=hour)
