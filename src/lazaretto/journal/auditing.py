"""What people ordered, in chains that show when a row was removed or changed.

Each tenant has a chain of its own; the operator's acts on the platform are in chain 0.  An entry
carries the SHA-256 of itself and of the entry before it, and the chain's head is kept apart, so that
a row that was changed, removed, put in between or cut off at the end is found.

Entries that were kept long enough are forgotten from the oldest on.  The chain then begins behind an anchor,
the number, hash and time of the last entry that was forgotten, and an entry further on states the same: who
removes old entries and moves the anchor alone is found.

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

from lazaretto.core.errors import PermanentFailure
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.journal.audit_wanted import Wanted

OPERATOR: Final = TenantId(0)
"""The chain of acts that concern no tenant."""
FORGET: Final = "audit.forget"
"""The act of an entry which states, in ``after``, up to where its chain was forgotten."""
FORGETTER: Final = "program:audit-retention"
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
    """How many entries hold, from the first one that is kept on."""
    head: str
    """The chain's latest hash, hexadecimal: kept elsewhere, it proves the chain up to here."""
    problem: str = ""
    """What is wrong with the next one; empty when the whole chain holds."""
    forgotten: int = 0
    """How many entries before these were forgotten because they had been kept long enough."""


class BrokenChain(PermanentFailure):
    """Entries that should be forgotten are not as they were written."""


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
        async with self._pool.connection() as connection:
            # What is recorded or forgotten while we read belongs to the next look.
            await connection.execute(_sql("see_one_moment"), prepare=False)
            chain = await _chain(connection, tenant)
            walked = await _walked(connection, tenant, chain)
        problem = walked.problem or _problem_at_end(chain, walked)
        return Verified(
            tenant=tenant,
            entries=walked.number - chain.forgotten,
            head=walked.hash.hex(),
            problem=problem,
            forgotten=chain.forgotten,
        )

    async def forget(self, tenant: TenantId, before: datetime, now: datetime) -> int:
        """Remove the oldest entries of ``tenant``, up to the first that is not older than ``before``.

        Returns how many; 0 where nothing is due, so that twice is once.  Raises ``BrokenChain``, and removes
        nothing, where these entries do not hold: what somebody did to them must stay to be seen.
        """
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(_sql("lock_audit_chain"), {"tenant": tenant})
            if await cursor.fetchone() is None:
                return 0
            chain = await _chain(connection, tenant)
            last = await _last_older(connection, tenant, before, chain)
            if last <= chain.forgotten:
                return 0
            walked = await _walked(connection, tenant, chain, last)
            if walked.problem or walked.at is None or walked.number != last:
                raise BrokenChain(walked.problem or f"entry {walked.number + 1} is missing")
            # The statement comes before the removal, in one transaction with it.
            entry = _entry(_forgetting(tenant, walked), chain.number + 1, now, chain.hash)
            await _write(connection, entry)
            anchor = {"tenant": tenant, "number": last, "hash": walked.hash, "at": walked.at}
            await connection.execute(_sql("anchor_audit_chain"), anchor)
            await connection.execute(_sql("forget_audit_entries"), {"tenant": tenant, "number": last})
        return last - chain.forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """Where a chain ends, and where it begins."""

    number: int = 0
    hash: bytes = _FIRST
    forgotten: int = 0
    forgotten_hash: bytes = _FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walked:
    """What was seen of a chain up to entry ``number``, the last one that holds."""

    number: int
    hash: bytes
    at: datetime | None
    is_anchored: bool
    """Whether an entry states what was forgotten, or nothing was."""
    problem: str = ""


async def _walked(
    connection: Connection, tenant: TenantId, chain: _Chain, until: int | None = None
) -> _Walked:
    seen = _Walked(
        number=chain.forgotten, hash=chain.forgotten_hash, at=None, is_anchored=not chain.forgotten
    )
    async for entry in _in_order(connection, tenant):
        if until is not None and entry.number > until:
            break
        problem = _problem_of(entry, seen.number + 1, seen.hash)
        if problem:
            return replace(seen, problem=problem)
        is_anchored = seen.is_anchored or _states(entry, chain)
        seen = _Walked(number=entry.number, hash=entry.hash, at=entry.at, is_anchored=is_anchored)
    return seen


def _forgetting(tenant: TenantId, last: _Walked) -> Act:
    assert last.at is not None
    at = last.at.astimezone(UTC).isoformat(timespec="microseconds")
    stated = {"number": last.number, "hash": last.hash.hex(), "at": at}
    return Act(
        tenant=tenant, actor=FORGETTER, act=FORGET, object=f"entries up to {last.number}", after=stated
    )


def _states(entry: Entry, chain: _Chain) -> bool:
    if entry.act != FORGET or not isinstance(entry.after, dict):
        return False
    stated = entry.after.get("number"), entry.after.get("hash")
    return stated == (chain.forgotten, chain.forgotten_hash.hex())


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


async def _chain(connection: Connection, tenant: TenantId) -> _Chain:
    row = await (await connection.execute(_sql("read_audit_chain"), {"tenant": tenant})).fetchone()
    if row is None:
        return _Chain()
    number, last, forgotten, forgotten_hash = row[:4]
    return _Chain(
        number=number, hash=bytes(last), forgotten=forgotten, forgotten_hash=bytes(forgotten_hash or _FIRST)
    )


async def _last_older(connection: Connection, tenant: TenantId, before: datetime, chain: _Chain) -> int:
    parameters = {"tenant": tenant, "before": before}
    row = await (await connection.execute(_sql("first_young_audit_entry"), parameters)).fetchone()
    return chain.number if row is None else int(row[0]) - 1


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


def _problem_at_end(chain: _Chain, walked: _Walked) -> str:
    if chain.number > walked.number:
        return f"entries {walked.number + 1} to {chain.number} are missing at the end"
    if (chain.number, chain.hash) != (walked.number, walked.hash):
        return "the chain's head is not that of its last entry"
    if not walked.is_anchored:
        return f"entries up to {chain.forgotten} are gone, and no entry states that they were forgotten"
    return ""


def _sql(name: LiteralString) -> LiteralString:
    return query(_PACKAGE, name)
