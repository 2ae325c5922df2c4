"""The keys that sign now, unsealed in memory and kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.detect.authentication.signing import SigningKey, private_key_of
from lazaretto.spool.signing_keys import KeyState, SigningKeys, StoredKey

log = structlog.get_logger(__name__)

REFRESH_EVERY: Final = 5.0
OVERLAP: Final = timedelta(minutes=2)
"""A change may become visible after a later one: what changed shortly before is looked at again."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class KeyRing:
    """Implements ``delivery.signing.KeyRing`` over the table of signing keys."""

    def __init__(self, store: SigningKeys) -> None:
        self._store = store
        self._seen: dict[tuple[str, str], datetime] = {}
        self._since = _BEGINNING
        self._signing: dict[TenantId, dict[str, dict[str, SigningKey]]] = {}

    def signing_for(self, tenant: TenantId, domain: str) -> tuple[SigningKey, ...]:
        """Return the keys of ``tenant`` that sign for exactly ``domain``, oldest first."""
        return tuple(self._signing.get(tenant, {}).get(domain, {}).values())

    def domains_of(self, tenant: TenantId) -> Collection[str]:
        """Return the domains for which ``tenant`` has keys that sign."""
        return self._signing.get(tenant, {}).keys()

    async def refresh(self) -> None:
        """Learn what changed since the last time."""
        changed = await self._store.list(since=self._since - OVERLAP if self._seen else _BEGINNING)
        for key in changed:
            if self._seen.get((key.domain, key.selector)) != key.changed_at:
                await self._take(key)
                self._seen[key.domain, key.selector] = key.changed_at
                self._since = max(self._since, key.changed_at)

    async def follow(self) -> None:
        """Refresh again and again, until cancelled; while the database is away the old keys sign."""
        while True:
            try:
                await self.refresh()
            except LazarettoError as failure:
                log.warning("signing keys not refreshed", problem=str(failure))
            await asyncio.sleep(REFRESH_EVERY)

    async def _take(self, key: StoredKey) -> None:
        if key.state is not KeyState.SIGNING:
            self._drop(key)
            return
        try:
            private = private_key_of(await self._store.private(key))
        except LazarettoError as failure:
            log.error("a signing key cannot be used", name=key.record_name, problem=str(failure))
            return
        known = self._signing.setdefault(key.tenant, {}).setdefault(key.domain, {})
        known[key.selector] = SigningKey(domain=key.domain, selector=key.selector, private=private)

    def _drop(self, key: StoredKey) -> None:
        domains = self._signing.get(key.tenant, {})
        domains.get(key.domain, {}).pop(key.selector, None)
        if not domains.get(key.domain):
            domains.pop(key.domain, None)
        if not domains:
            self._signing.pop(key.tenant, None)
