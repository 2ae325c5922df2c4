"""Keys and inline content in the tables: the rows behind ``keys`` and ``content``."""

from __future__ import annotations

from collections.abc import Sequence

from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ContentRef
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.keys import TenantKey

_PACKAGE = "lazaretto.spool"


class TenantKeyRows:
    """Tenant keys in table ``tenant_key``; see ``keys.TenantKeyStore``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def load_all(self) -> Sequence[TenantKey]:
        """Return every version of every tenant, erased ones included."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "load_tenant_keys"))
            return [
                TenantKey(
                    tenant=TenantId(tenant),
                    version=version,
                    wrapped=wrapped,
                    created_at=created_at,
                    retired_at=retired_at,
                )
                for tenant, version, wrapped, created_at, retired_at in await cursor.fetchall()
            ]

    async def insert(self, key: TenantKey) -> bool:
        """Add a version, durably; False, and nothing changed, when that version exists."""
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "insert_tenant_key"), _parameters(key))
            return cursor.rowcount == 1

    async def update(self, key: TenantKey) -> None:
        """Replace what is stored of this version, durably; never one whose key was erased."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "update_tenant_key"), _parameters(key))


class InlineContentRows:
    """Sealed octets in tables ``content`` and ``content_kept``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def fetch(self, ref: ContentRef) -> bytes | None:
        """Return the sealed octets of inline content; None when there is no such row."""
        parameters = {"tenant": ref.tenant, "message": ref.message}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "fetch_inline"), parameters, binary=True)
            row = await cursor.fetchone()
        return None if row is None else bytes(row[0])


def _parameters(key: TenantKey) -> dict[str, object]:
    return {
        "tenant": key.tenant,
        "version": key.version,
        "wrapped": key.wrapped,
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }
