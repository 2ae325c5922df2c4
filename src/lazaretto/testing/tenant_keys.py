"""Tenant keys in memory, for everything that needs ``Keys`` without a database."""

from __future__ import annotations

from collections.abc import Sequence

from lazaretto.core.identity import TenantId
from lazaretto.spool.keys import TenantKey


class KeysInMemory:
    """A ``TenantKeyStore`` that lives as long as the test."""

    def __init__(self) -> None:
        self.rows: dict[tuple[TenantId, int], TenantKey] = {}

    async def load_all(self) -> Sequence[TenantKey]:
        """Return every version of every tenant."""
        return list(self.rows.values())

    async def insert(self, key: TenantKey) -> bool:
        """Add a version; False when it exists."""
        return self.rows.setdefault((key.tenant, key.version), key) is key

    async def update(self, key: TenantKey) -> None:
        """Replace a version that was not erased."""
        if self.rows[key.tenant, key.version].wrapped:
            self.rows[key.tenant, key.version] = key
