"""What a tenant was told of the look at one message, for those who act on it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query


async def told_of_look(trace: Pool, message: UUID, tenant: TenantId) -> Mapping[str, Any]:
    """Return the details of SCANNED; empty where the trace does not have it, or not any more."""
    async with trace.connection() as connection:
        parameters = {"message": message, "tenant": tenant}
        cursor = await connection.execute(query("lazaretto.journal", "told_of_look"), parameters)
        row = await cursor.fetchone()
    return row[0] if row is not None else {}
