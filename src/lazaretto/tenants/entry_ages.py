"""Since when entries stand on tenants' lists, kept outside of their documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from lazaretto.core.identity import TenantId
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.tenants.caring import Listed


class EntryAges:
    """Table ``list_entry`` of the database ``control``."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def note(
        self, tenant: TenantId, entries: Iterable[Listed], now: datetime
    ) -> Mapping[Listed, datetime]:
        """Note that exactly these entries stand there at ``now``; return since when each does."""
        rows = [{"list": each.list, "entry": each.entry} for each in sorted(set(entries))]
        parameters = {"tenant": tenant, "entries": json_text(rows).decode(), "now": now}
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query("lazaretto.tenants", "note_entries"), parameters)
            return {Listed(row[0], row[1]): row[2] for row in await cursor.fetchall()}

    async def of(self, tenant: TenantId) -> Mapping[Listed, datetime]:
        """Return since when each entry stands there, as it was noted last."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query("lazaretto.tenants", "entry_ages"), {"tenant": tenant})
            return {Listed(row[0], row[1]): row[2] for row in await cursor.fetchall()}
