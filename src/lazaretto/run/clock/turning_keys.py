"""Signing keys that are old enough, and records that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import ClassVar

import structlog

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Resolver
from lazaretto.core.identity import TenantId
from lazaretto.delivery.domain_keys import DomainKeys, due_for_turn, may_be_removed
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import resolver_of
from lazaretto.spool.signing_keys import KeyState, SigningKeys, StoredKey

log = structlog.get_logger(__name__)


class TurningKeys:
    """Lets the waiting key of a domain sign once the one in use is old; removes what retired long ago.

    A waiting key whose record the DNS does not hold is left waiting: mail signed by it would fail.
    """

    card: ClassVar = JobCard(
        name="turning-keys",
        summary="Turns DKIM keys over when they are old, and removes those that retired",
        failure="Keys sign longer than planned; nothing else is late",
        every=timedelta(hours=1),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._store = SigningKeys(shop.room.pool, shop.room.keys)
        self._resolver = resolver_of(shop.settings, shop.options)
        self._age = shop.settings.delivery.dkim_key_age

    async def work(self, now: datetime) -> None:
        """Do what is due at ``now``."""
        if self._age:
            await turn_what_is_due(self._store, self._resolver, now, self._age)


async def turn_what_is_due(store: SigningKeys, resolver: Resolver, now: datetime, age: timedelta) -> None:
    """Turn over every domain whose signing key is older than ``age``, or that has none yet."""
    for tenant, domain, keys in _by_domain(await store.list()):
        of_domain = DomainKeys(store, tenant, domain)
        if due_for_turn(keys, now, age):
            await _turn(of_domain, domain, resolver, now)
        for key in keys:
            if may_be_removed(key, now):
                await of_domain.remove(key.selector, now)
                log.info("signing key removed", domain=domain, selector=key.selector)


async def _turn(keys: DomainKeys, domain: str, resolver: Resolver, now: datetime) -> None:
    try:
        begun, retired, _ = await keys.turn_over(resolver, now)
    except ConfigurationError as failure:
        log.warning("signing key not turned over", domain=domain, problem=str(failure))
        return
    selectors = [key.selector for key in begun]
    log.info("signing key turned over", domain=domain, signs=selectors, retired=len(retired))


def _by_domain(keys: Sequence[StoredKey]) -> Iterator[tuple[TenantId, str, list[StoredKey]]]:
    left = [key for key in keys if key.state is not KeyState.REMOVED]

    def owner(key: StoredKey) -> tuple[TenantId, str]:
        return key.tenant, key.domain

    for (tenant, domain), members in groupby(sorted(left, key=owner), key=owner):
        yield tenant, domain, list(members)
