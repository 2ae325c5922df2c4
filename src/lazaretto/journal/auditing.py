"""What people ordered, in chains that show when a row was removed or changed.

Each tenant has a chain of its own; the operator's acts on the platform are in chain 0.  An entry
carries the SHA-256 of itself and of the entry before it, and the chain's head is kept apart, so that
a row that was changed, removed, put in between or cut off at the end is found.

An act that touches another database than ours cannot commit together with its entry.  So the entry
comes first, and a second one follows only where the act then failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query

OPERATOR: Final = TenantId(0)
"""The chain of acts that concern no tenant."""
FAILED: Final = " failed"
"""Ends the ``act`` of an entry which says that the order before it was not carried out."""
_PACKAGE: Final = "lazaretto.journal"
_FIRST: Final = bytes(32)
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that a person, or a command, orders."""

    tenant: TenantId = OPERATOR
    actor: str
    """Who: an account's address, or ``command:`` and the user of the machine."""
    act: str
    """What, as ``noun.verb``: ``quarantine.release``."""
    object: str
    """To what: an id, a name, an address."""
    on_behalf_of: str = ""
    """For whom, where somebody acts in another's place."""
    client: str = ""
    """From where: an IP address."""
    before: Any = None
    """What was so before, as JSON values; None = nothing was, or it does not matter."""
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act as it was recorded."""

    tenant: int
    number: int
    at: datetime
    actor: str
    on_behalf_of: str
    client: str
    act: str
    object: str
    before: Any
    after: Any
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came of reading a whole chain again."""

    tenant: TenantId
    entries: int
    """How many entries hold, from the first one on."""
    head: str
    """The chain's latest hash, hexadecimal: kept elsewhere, it proves the chain up to here."""
    problem: str = ""
    """What is wrong with the next one; empty when the whole chain holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What people know of acts that they look for; every part that is given must hold."""

    number: int | None = None
    act: str = ""
    """Its beginning: ``quarantine`` finds ``quarantine.release``."""
    actor: str = ""
    """Part of who ordered it, or on whose behalf, in any case."""
    about: str = ""
    """Part of what it was about, in any case."""
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return it as the query takes it; None stands for whatever."""
        return {
            "number": self.number,
            "act_begins": f"{_escaped(self.act)}%" if self.act else None,
            "who": f"%{_escaped(self.actor)}%" if self.actor else None,
            "about": f"%{_escaped(self.about)}%" if self.about else None,
            "since": self.since,
            "until": self.until,
            "oldest_first": self.oldest_first,
        }


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class AuditLog:
    """The chains in database ``control``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def record(self, act: Act, at: datetime | None = None) -> int:
        """Add ``act`` to its tenant's chain; return its number there.  Durable on return."""
        async with self._pool.transaction() as connection:
            await connection.execute(_sql("open_audit_chain"), {"tenant": act.tenant, "first": _FIRST})
            cursor = await connection.execute(_sql("lock_audit_chain"), {"tenant": act.tenant})
            row = await cursor.fetchone()
            assert row is not None
            number, previous = int(row[0]) + 1, bytes(row[1])
            entry = _entry(act, number, at or datetime.now(UTC), previous)
            await _write(connection, entry)
        return number

    @asynccontextmanager
    async def recorded(self, act: Act) -> AsyncIterator[None]:
        """Record ``act`` before the block carries it out, and that it failed if the block raises."""
        await self.record(act)
        try:
            yield
        except Exception as failure:
            await self.record(failed(act, failure))
            raise

    async def read(
        self, tenant: TenantId, *, before: int | None = None, act: str = "", actor: str = "", limit: int = 100
    ) -> Sequence[Entry]:
        """Return entries of ``tenant``'s chain, latest first, with numbers below ``before``."""
        return await self._read(tenant, Wanted(), start=before, act=act, actor=actor, limit=limit)

    async def find(
        self, tenant: TenantId, wanted: Wanted, *, start: int | None = None, limit: int = 100
    ) -> Sequence[Entry]:
        """Return entries of ``tenant``'s chain that are as ``wanted``, beginning behind number ``start``."""
        return await self._read(tenant, wanted, start=start, limit=limit)

    async def _read(
        self,
        tenant: TenantId,
        wanted: Wanted,
        *,
        start: int | None,
        limit: int,
        act: str = "",
        actor: str = "",
    ) -> Sequence[Entry]:
        parameters = {
            **wanted.parameters(),
            "tenant": tenant,
            "start": start,
            "act": act,
            "actor": actor,
            "wanted": limit,
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Entry)) as cursor,
        ):
            await cursor.execute(_sql("read_audit_entries"), parameters, prepare=False)
            return await cursor.fetchall()

    async def chains(self) -> Sequence[TenantId]:
        """Return the tenants that have a chain, the operator's first."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_sql("audit_chains"))).fetchall()
        return [TenantId(row[0]) for row in rows]

    async def verify(self, tenant: TenantId) -> Verified:
        """Read the whole chain of ``tenant`` and tell whether every entry is where and as it was written."""
        previous, expected = _FIRST, 0
        async with self._pool.connection() as connection:
            head = await _head(connection, tenant)
            async for entry in _in_order(connection, tenant):
                expected += 1
                problem = _problem_of(entry, expected, previous)
                if problem:
                    return _told(tenant, expected - 1, previous, problem)
                previous = entry.hash
        return _told(tenant, expected, previous, _problem_at_end(head, expected, previous))


def _entry(act: Act, number: int, at: datetime, previous: bytes) -> Entry:
    # PostgreSQL keeps microseconds in UTC; what is hashed is what comes back.
    unsigned = Entry(
        tenant=act.tenant,
        number=number,
        at=at.astimezone(UTC),
        actor=act.actor,
        on_behalf_of=act.on_behalf_of,
        client=act.client,
        act=act.act,
        object=act.object,
        before=act.before,
        after=act.after,
        hash=b"",
    )
    return replace(unsigned, hash=_hash_of(unsigned, previous))


def _hash_of(entry: Entry, previous: bytes) -> bytes:
    values = (
        entry.tenant,
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.on_behalf_of,
        entry.client,
        entry.act,
        entry.object,
        entry.before,
        entry.after,
    )
    return hashlib.sha256(previous + msgspec.json.encode(values, order="sorted")).digest()


def failed(act: Act, failure: Exception) -> Act:
    """Return the act which says that ``act`` was not carried out, and why."""
    return Act(
        tenant=act.tenant,
        actor=act.actor,
        act=act.act + FAILED,
        object=act.object,
        on_behalf_of=act.on_behalf_of,
        client=act.client,
        after={"problem": str(failure) or type(failure).__name__},
    )


async def _write(connection: Connection, entry: Entry) -> None:
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    values["before"] = None if entry.before is None else Jsonb(entry.before)
    values["after"] = None if entry.after is None else Jsonb(entry.after)
    await connection.execute(_sql("add_audit_entry"), values)
    await connection.execute(
        _sql("move_audit_chain"), {"tenant": entry.tenant, "number": entry.number, "hash": entry.hash}
    )


async def _head(connection: Connection, tenant: TenantId) -> tuple[int, bytes]:
    row = await (await connection.execute(_sql("read_audit_chain"), {"tenant": tenant})).fetchone()
    return (0, _FIRST) if row is None else (row[0], bytes(row[1]))


async def _in_order(connection: Connection, tenant: TenantId) -> AsyncIterator[Entry]:
    after = 0
    while True:
        async with connection.cursor(row_factory=class_row(Entry)) as cursor:
            parameters = {"tenant": tenant, "after": after, "wanted": _BATCH}
            await cursor.execute(_sql("walk_audit_entries"), parameters)
            entries = await cursor.fetchall()
        for entry in entries:
            yield entry
        if len(entries) < _BATCH:
            return
        after = entries[-1].number


def _problem_of(entry: Entry, expected: int, previous: bytes) -> str:
    if entry.number != expected:
        return f"entry {expected} is missing; the next one is {entry.number}"
    if entry.hash != _hash_of(entry, previous):
        return f"entry {expected} of {entry.at:%Y-%m-%d %H:%M:%S} was changed, or the one before it was"
    return ""


def _problem_at_end(head: tuple[int, bytes], entries: int, previous: bytes) -> str:
    if head[0] > entries:
        return f"entries {entries + 1} to {head[0]} are missing at the end"
    return "" if head == (entries, previous) else "the chain's head is not that of its last entry"


def _told(tenant: TenantId, entries: int, head: bytes, problem: str) -> Verified:
    return Verified(tenant=tenant, entries=entries, head=head.hex(), problem=problem)


def _sql(name: LiteralString) -> LiteralString:
    return query(_PACKAGE, name)
