"""Data keys in the tables, handed out in batches to be wrapped again.

Only table ``message`` holds any: inline content, content that outlived its hour and copies in
quarantine are all opened with the key in the row of their message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.keys import HeldKey
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"
_BEGINNING: Final = UUID(int=0)


class DataKeyRows:
    """Wrapped data keys in table ``message``; see ``keys.DataKeyHolder``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        # Where the last batch ended, by tenant: looking from the beginning each time would pass
        # over all that is done already, again and again.
        self._reached: dict[TenantId, UUID] = {}

    async def wrapped_before(self, tenant: TenantId, version: int, limit: int) -> Sequence[HeldKey]:
        """Return up to ``limit`` data keys that are wrapped by a version below ``version``.

        None is left when the answer is empty: what came behind the last batch, or was given back
        by a batch that failed, is looked for before.
        """
        reached = self._reached.pop(tenant, _BEGINNING)
        held = await self._held(tenant, version, reached, limit)
        if not held and reached != _BEGINNING:
            held = await self._held(tenant, version, _BEGINNING, limit)
        if held:
            self._reached[tenant] = UUID(held[-1].holder)
        return held

    async def replace(self, tenant: TenantId, keys: Sequence[HeldKey]) -> None:
        """Store them in one transaction; rows that are gone by then are none of our business."""
        parameters = {"tenant": tenant, "keys": row_set(keys)}
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "rewrap_data_keys"), parameters)

    async def _held(self, tenant: TenantId, version: int, after: UUID, limit: int) -> Sequence[HeldKey]:
        parameters = {"tenant": tenant, "version": version, "after": after, "wanted": limit}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "held_data_keys"), parameters)
            return [HeldKey(str(holder), wrapped, by) for holder, wrapped, by in await cursor.fetchall()]
