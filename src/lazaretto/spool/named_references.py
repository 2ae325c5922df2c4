"""Which content the tables still name; the sweeper removes the rest.

A reference carries tenant and message, and only the row of that message ever names it: wherever a
copy is, in the queue or in quarantine, its octets are its message's.  So one look-up by key
answers for all tables, in one statement and with that in one snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lazaretto.core.queued import ContentKind
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.content import REFERENCE
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"
_UUID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True)
class _Given:
    """A reference and the only row that can name it."""

    tenant: int
    message: UUID
    reference: str


class MessageReferences:
    """References in table ``message``; see ``sweeping.NamedReferences``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def named(self, kind: ContentKind, references: Sequence[str]) -> Collection[str]:
        """Return those of ``references`` that some committed row names; ValueError if one is not ours."""
        given = [each for each in map(_given, references) if each is not None]
        if not given:
            return frozenset()
        parameters = {"kind": kind.value, "references": row_set(given)}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "named_references"), parameters)
            return frozenset(reference for (reference,) in await cursor.fetchall())


def _given(reference: str) -> _Given | None:
    if REFERENCE.fullmatch(reference) is None:
        raise ValueError(f"not a reference to content of ours: {reference!r}")
    tenant, _, _, name = reference.split("/")
    try:
        return _Given(int(tenant), UUID(name[:_UUID_LENGTH]), reference)
    except ValueError:
        # Dashes in other places: no message has that id, so no row can name it.
        return None
