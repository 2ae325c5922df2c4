"""The octets of a message that we still have: in the queue or in quarantine."""

from __future__ import annotations

from uuid import UUID

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import places_of
from lazaretto.spool.content import Contents
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys


def kept_octets(home: Home, identity: UUID) -> bytes | None:
    """Return the octets of a message as received; None when we do not have them any more."""
    settings = load_settings(home)

    async def read(pool: Pool) -> bytes | None:
        async with pool.connection() as connection:
            cursor = await connection.execute(
                query("lazaretto.spool", "message_content"), {"message": identity}
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        tenant, kind, reference, wrapped, version, size, sha256 = row
        ref = ContentRef(
            tenant=TenantId(tenant),
            message=MessageId(identity),
            kind=ContentKind(kind),
            reference=reference,
            wrapped_key=wrapped,
            key_version=version,
            size=size,
            sha256=sha256,
        )
        keys = await Keys.open(home.master_key, TenantKeyRows(pool))
        contents = Contents(keys, InlineContentRows(pool).fetch, *places_of(home, settings))
        octets = await contents.open(ref)
        return octets[0 : len(octets)]

    return consult(home, "spool", read)
