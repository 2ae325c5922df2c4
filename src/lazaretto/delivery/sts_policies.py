"""The MTA-STS policies in force, by domain (RFC 8461 §3, §5).

A policy stays in force for as long as it said, whatever becomes of later look-ups and fetches: an
attacker who can suppress answers must not be able to switch it off.  It is fetched when the domain's
record names another one, and again in the second half of its life.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from lazaretto.core.facts import Resolver
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.policy_fetch import FetchFailed
from lazaretto.delivery.seams import Clock, utc_now
from lazaretto.delivery.sts_store import Fetched, NoStore, PolicyStore
from lazaretto.protocol.mta_sts import Mode, Policy, PolicyInvalid, parse_policy, record_id

log = logging.getLogger(__name__)

MOST_DOMAINS: Final = 20_000
RETRY_AFTER: Final = 300.0
"""Seconds for which a failed fetch is not repeated (RFC 8461 §3.3)."""
NEXT_AFTER: Final = 60.0
"""Seconds for which a fetch is not repeated at all: a policy may say that it ends at once."""


class Fetcher(Protocol):
    """Gets the text of a policy."""

    async def fetch(self, domain: str) -> bytes:
        """Return the text of ``domain``'s policy; raise ``FetchFailed``."""


OnFailure = Callable[[date, str, TlsFailure], None]
"""Take note of a policy that could not be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _InForce:
    """A policy with the times that matter, in seconds since 1970."""

    id: str
    policy: Policy
    fetched_at: float

    def ends_before(self, now: float) -> bool:
        return now >= self.fetched_at + self.policy.max_age

    def is_fresh(self, now: float) -> bool:
        # A clock that was set back makes it old: it is fetched anew, and in force until then.
        return self.fetched_at - RETRY_AFTER <= now < self.fetched_at + self.policy.max_age / 2


class StsPolicies:
    """Finds, fetches and remembers policies."""

    def __init__(
        self,
        resolver: Resolver,
        fetcher: Fetcher,
        *,
        store: PolicyStore | None = None,
        on_failure: OnFailure = lambda *_: None,
        clock: Clock = utc_now,
    ) -> None:
        self._resolver = resolver
        self._fetcher = fetcher
        self._store = store or NoStore()
        self._on_failure = on_failure
        self._clock = clock
        self._known: OrderedDict[str, _InForce | None] = OrderedDict()
        self._not_before: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def policy(self, domain: str) -> Policy | None:
        """Return the policy in force for ``domain``; None when there is none, or it says ``none``."""
        known = self._remembered(domain)
        answer = await self._resolver.ask(f"_mta-sts.{domain}", "TXT")
        named = record_id(answer.records)
        if named and self._is_due(domain, known, named):
            await self._fetch_once(domain, named, is_renewal=known is not None and known.id == named)
            known = self._remembered(domain)
        if known is None or known.policy.mode is Mode.NONE:
            return None
        return known.policy

    def _remembered(self, domain: str) -> _InForce | None:
        if domain in self._known:
            known = self._known[domain]
        else:
            known = self._known[domain] = _read(self._store.read(domain))
            while len(self._known) > MOST_DOMAINS:
                self._known.popitem(last=False)
        if known is not None and known.ends_before(self._now):
            self._store.forget(domain)
            known = self._known[domain] = None
        return known

    @property
    def _now(self) -> float:
        return self._clock().timestamp()

    def _is_due(self, domain: str, known: _InForce | None, named: str) -> bool:
        if self._now < self._not_before.get(domain, 0.0):
            return False
        return known is None or known.id != named or not known.is_fresh(self._now)

    async def _fetch_once(self, domain: str, named: str, *, is_renewal: bool) -> None:
        """Fetch, once for all who wait; nobody waits for what is known already."""
        task = self._under_way.get(domain)
        if task is None:
            task = asyncio.create_task(self._fetch(domain, named))
            self._under_way[domain] = task
            task.add_done_callback(lambda _: self._under_way.pop(domain, None))
        if not is_renewal:
            # One delivery that is given up must not take the policy from the others.
            await asyncio.shield(task)

    async def _fetch(self, domain: str, named: str) -> None:
        try:
            text = await self._fetcher.fetch(domain)
            policy = parse_policy(text)
        except FetchFailed as failed:
            self._failed(domain, failed, failed.kind)
            return
        except PolicyInvalid as invalid:
            self._failed(domain, invalid, TlsFailure.STS_INVALID)
            return
        fetched = Fetched(domain=domain, id=named, text=text, at=self._now)
        self._known[domain] = _InForce(id=named, policy=policy, fetched_at=fetched.at)
        self._wait_before_next(domain, NEXT_AFTER)
        self._store.write(fetched)

    def _failed(self, domain: str, problem: Exception, kind: TlsFailure) -> None:
        log.info("policy not fetched", extra={"domain": domain, "problem": str(problem)})
        self._wait_before_next(domain, RETRY_AFTER)
        self._on_failure(self._clock().date(), domain, kind)

    def _wait_before_next(self, domain: str, seconds: float) -> None:
        if len(self._not_before) >= MOST_DOMAINS:
            self._not_before.clear()
        self._not_before[domain] = self._now + seconds


def _read(fetched: Fetched | None) -> _InForce | None:
    if fetched is None:
        return None
    try:
        return _InForce(id=fetched.id, policy=parse_policy(fetched.text), fetched_at=fetched.at)
    except PolicyInvalid:
        return None
