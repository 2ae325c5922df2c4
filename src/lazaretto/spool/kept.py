"""Messages that we still have, whatever becomes of them: waiting, in quarantine, or just delivered."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.spool"


async def kept_content(pool: Pool, message: UUID, owner: TenantId | None = None) -> ContentRef | None:
    """Return what it takes to read a message's octets again; None when we do not have them any more.

    With ``owner`` only that tenant's copy counts.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(
            query(_PACKAGE, "message_content"), {"message": message, "tenant": owner}
        )
        row = await cursor.fetchone()
    if row is None:
        return None
    tenant, kind, reference, wrapped, version, size, sha256 = row
    return ContentRef(
        tenant=TenantId(tenant),
        message=MessageId(message),
        kind=ContentKind(kind),
        reference=reference,
        wrapped_key=wrapped,
        key_version=version,
        size=size,
        sha256=sha256,
    )
