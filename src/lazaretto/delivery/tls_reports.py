"""What became of TLS with each domain on each day: the counters of TLS reports (RFC 8460 §4.4).

A session that had to do with less than the domain asks for counts as failed, even where the mail went
out.  Counters live in memory until they are taken; what a flood of names would add is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final, Protocol

from lazaretto.core.queued import Remote
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.tls_demand import ChannelDemand

MOST_DOMAINS: Final = 20_000
"""Domains and days that are counted apart."""
MOST_FAILURES: Final = 100
"""Kinds of failures, with their hosts, of one domain on one day."""


MOST_LINES: Final = 50
"""Of one policy."""


class PolicyType(Enum):
    """Which policy a session was held against, in the words of RFC 8460 §4.4."""

    TLSA = "tlsa"
    STS = "sts"
    NONE = "no-policy-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One kind of failure at one host."""

    kind: str
    """A word of RFC 8460 §4.3."""
    host: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Sessions with one domain on one day under one policy."""

    day: date
    domain: str
    policy: PolicyType
    successful: int
    failed: int
    failures: tuple[tuple[Failure, int], ...]
    """The most frequent kinds with their numbers; together they may be fewer than ``failed``."""
    lines: tuple[str, ...] = ()
    """The policy itself, as last seen."""


class CountStore(Protocol):
    """Where counters go that outlive the process; ``run`` binds it once there is one."""

    async def add(self, counted: Sequence[Counted]) -> None:
        """Add to what is stored for the same days, domains and policies."""


@dataclass(slots=True)
class _Sum:
    """Counters that grow."""

    successful: int = 0
    failed: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    lines: tuple[str, ...] = ()

    def fail(self, failure: Failure) -> None:
        self.failed += 1
        if failure in self.failures or len(self.failures) < MOST_FAILURES:
            self.failures[failure] += 1


_Key = tuple[date, str, PolicyType]


class TlsReports:
    """Counts sessions."""

    def __init__(self) -> None:
        self._sums: dict[_Key, _Sum] = {}
        self.left_out = 0
        """Sessions that were not counted for want of room."""

    def note(self, day: date, domain: str, demand: ChannelDemand, remote: Remote) -> None:
        """Count one session with ``domain``."""
        if remote.channel is None or (counted := self._sum((day, domain, _type_of(demand)))) is None:
            return
        counted.lines = demand.published[:MOST_LINES] or counted.lines
        if remote.channel.failure:
            counted.fail(Failure(kind=remote.channel.failure, host=remote.host, ip=remote.ip))
        elif remote.channel.used:
            counted.successful += 1
        else:
            counted.fail(Failure(kind=TlsFailure.NOT_OFFERED.value, host=remote.host, ip=remote.ip))

    def note_policy(self, day: date, domain: str, kind: TlsFailure) -> None:
        """Count a policy of ``domain`` that could not be had."""
        if (counted := self._sum((day, domain, PolicyType.STS))) is not None:
            counted.fail(Failure(kind=kind.value))

    def take(self, before: date) -> tuple[Counted, ...]:
        """Return the counters of the days before ``before``, and start anew for them."""
        ended = [key for key in self._sums if key[0] < before]
        return tuple(_counted(key, self._sums.pop(key)) for key in sorted(ended, key=_order))

    def look(self) -> Iterator[Counted]:
        """Yield all counters as they stand."""
        for key in sorted(self._sums, key=_order):
            yield _counted(key, self._sums[key])

    async def store(self, store: CountStore, before: date) -> None:
        """Move the counters of the days before ``before`` into ``store``; keep them where it fails."""
        taken = self.take(before)
        if not taken:
            return
        try:
            await store.add(taken)
        except BaseException:
            self._give_back(taken)
            raise

    def _give_back(self, taken: Sequence[Counted]) -> None:
        for each in taken:
            counted = self._sum((each.day, each.domain, each.policy))
            if counted is not None:
                counted.successful += each.successful
                counted.failed += each.failed
                counted.failures.update(dict(each.failures))
                counted.lines = counted.lines or each.lines

    def _sum(self, key: _Key) -> _Sum | None:
        counted = self._sums.get(key)
        if counted is None:
            if len(self._sums) >= MOST_DOMAINS:
                self.left_out += 1
                return None
            counted = self._sums[key] = _Sum()
        return counted


def _type_of(demand: ChannelDemand) -> PolicyType:
    if demand.tlsa or demand.policy == "dane":
        return PolicyType.TLSA
    return PolicyType.STS if "mta-sts" in demand.policy else PolicyType.NONE


def _order(key: _Key) -> tuple[date, str, str]:
    return (key[0], key[1], key[2].value)


def _counted(key: _Key, counted: _Sum) -> Counted:
    day, domain, policy = key
    return Counted(
        day=day,
        domain=domain,
        policy=policy,
        successful=counted.successful,
        failed=counted.failed,
        failures=tuple(counted.failures.most_common()),
        lines=counted.lines,
    )
