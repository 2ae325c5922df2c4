"""Addresses that a tenant's own outgoing mail taught, kept apart from its validation list.

Learning takes nothing on the list by itself: somebody adopts what is right, and knows by source and
date where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg.rows import class_row

from lazaretto.core.identity import TenantId
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

OUTBOUND: Final = "outbound mail"
"""The source of an address that sent mail through the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """That an address sent mail."""

    tenant: TenantId
    address: str
    """Folded."""
    at: datetime
    messages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedAddress:
    """An address that is known from mail and, so far, from nobody."""

    address: str
    source: str
    first_seen: datetime
    last_seen: datetime
    messages: int


class LearnedAddresses:
    """Learned addresses in the ``control`` database."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def learn(self, taught: Iterable[Taught]) -> None:
        """Note what ``taught``; one address of one tenant at most once."""
        rows = [
            {"tenant": each.tenant, "address": each.address, "at": each.at, "messages": each.messages}
            for each in sorted(taught, key=lambda each: (each.tenant, each.address))
        ]
        if not rows:
            return
        async with self._pool.transaction() as connection:
            parameters = {"taught": json_text(rows).decode(), "source": OUTBOUND}
            await connection.execute(_sql("learn_addresses"), parameters)

    async def of(self, tenant: TenantId, *, after: str = "", limit: int = 1_000) -> Sequence[LearnedAddress]:
        """Return learned addresses of ``tenant`` behind ``after``, in their order."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(LearnedAddress)) as cursor,
        ):
            parameters = {"tenant": tenant, "after": after, "wanted": limit}
            await cursor.execute(_sql("learned_addresses"), parameters)
            return await cursor.fetchall()

    async def knows(self, tenant: TenantId, address: str) -> bool:
        """Tell whether a folded ``address`` was learned."""
        async with self._pool.connection() as connection:
            parameters = {"tenant": tenant, "address": address}
            return await (await connection.execute(_sql("is_learned"), parameters)).fetchone() is not None

    async def forget(self, tenant: TenantId, addresses: Sequence[str]) -> int:
        """Forget folded ``addresses``; return how many were known."""
        async with self._pool.transaction() as connection:
            parameters = {"tenant": tenant, "addresses": list(addresses)}
            cursor = await connection.execute(_sql("forget_learned"), parameters)
            return cursor.rowcount


def gathered(seen: Iterable[tuple[TenantId, str, datetime]]) -> list[Taught]:
    """Return what many messages teach, each address of a tenant once."""
    known: dict[tuple[TenantId, str], Taught] = {}
    for tenant, address, at in seen:
        before = known.get((tenant, address))
        known[tenant, address] = Taught(
            tenant=tenant,
            address=address,
            at=at if before is None else max(at, before.at),
            messages=1 if before is None else before.messages + 1,
        )
    return list(known.values())


def _sql(name: LiteralString) -> LiteralString:
    return query("lazaretto.tenants", name)
