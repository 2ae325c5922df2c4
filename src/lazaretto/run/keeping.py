"""The octets of a message that we still have: in the queue or in quarantine."""

from __future__ import annotations

from uuid import UUID

from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import places_of
from lazaretto.spool.content import Contents
from lazaretto.spool.kept import kept_content
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys


def kept_octets(home: Home, identity: UUID) -> bytes | None:
    """Return the octets of a message as received; None when we do not have them any more."""
    settings = load_settings(home)

    async def read(pool: Pool) -> bytes | None:
        ref = await kept_content(pool, identity)
        if ref is None:
            return None
        keys = await Keys.open(home.master_key, TenantKeyRows(pool))
        contents = Contents(keys, InlineContentRows(pool).fetch, *places_of(home, settings))
        octets = await contents.open(ref)
        return octets[0 : len(octets)]

    return consult(home, "spool", read)
