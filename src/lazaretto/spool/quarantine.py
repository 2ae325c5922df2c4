"""Copies at rest: listed, released, deleted, expired.

Each move is one transaction in the spool and happens once: a second release finds the copy gone and
changes nothing.  A released copy goes out as it came in, byte for byte, without what a policy would
have added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.address import fold
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Numbering, apply
from lazaretto.spool.leaving import TO_RECIPIENTS, Leaving, RestingRow, ended, part_of, released
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.timing import Clock, utc_now

_PACKAGE: Final = "lazaretto.spool"
BATCH: Final = 500
GUARDED: Final = frozenset({"malware", "suspected"})
"""Reasons of copies that nobody releases without an approval (``spool.releasing``)."""
NEEDS_APPROVAL: Final = "needs approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedCopy:
    """A copy at rest, as lists show it."""

    id: UUID
    tenant: TenantId
    message: MessageId
    message_id: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    reason: str
    verdict: str
    size: int
    received_at: datetime
    quarantined_at: datetime
    expires_at: datetime
    ended_as: str | None = None
    """How it left; None while it rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What people know of copies at rest; every part that is given must hold."""

    sender: str = ""
    """Part of the reverse path, in any case."""
    subject: str = ""
    """Part of it, in any case."""
    reason: str = ""
    verdict: str = ""
    since: datetime | None = None
    """When it came to rest."""
    until: datetime | None = None
    domains: frozenset[str] | None = None
    """Only copies whose recipients are all of these domains; None = of any."""
    all_except: bool = False
    """``domains`` are those left out."""
    oldest_first: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return it as the query takes it; None stands for whatever."""
        return {
            "sender": f"%{escaped(self.sender)}%" if self.sender else None,
            "subject": f"%{escaped(self.subject)}%" if self.subject else None,
            "reason": self.reason or None,
            "verdict": self.verdict or None,
            "since": self.since,
            "until": self.until,
            "domains": None if self.domains is None else sorted(self.domains),
            "all_except": self.all_except,
            "oldest_first": self.oldest_first,
        }


def escaped(part: str) -> str:
    """Return ``part`` so that LIKE takes it for itself."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Quarantine:
    """The quarantine of one platform; ``tenant`` None means everybody's, for operators."""

    def __init__(self, pool: Pool, settings: SpoolSettings, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._settings = settings
        self._clock = clock

    async def list(
        self,
        *,
        tenant: TenantId | None = None,
        recipient: str | None = None,
        recipients: Collection[str] | None = None,
        messages: Sequence[UUID] | None = None,
        copies: Sequence[UUID] | None = None,
        resting: Resting = Resting(),
        after: UUID | None = None,
        limit: int = 1_000,
    ) -> Sequence[QuarantinedCopy]:
        """Return what rests and is as ``resting`` says, newest first unless that says otherwise.

        With ``recipient`` only copies for that address, with ``recipients`` for any of those.
        With ``messages`` only copies of those, or with ``copies`` only these themselves; those that
        have left as well then.  With ``after`` what comes behind that copy.
        """
        parameters = {
            **resting.parameters(),
            "messages": None if messages is None else list(messages),
            "copies": None if copies is None else list(copies),
            "after": after,
            "tenant": tenant,
            "recipient": None if recipient is None else fold(recipient),
            "recipients": None if recipients is None else [fold(each) for each in recipients],
            "wanted": limit,
        }
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(_ListedRow)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "list_quarantined"), parameters, prepare=False)
            rows = await cursor.fetchall()
        return [_shown(row) for row in rows]

    async def release(
        self,
        ids: Sequence[UUID],
        *,
        tenant: TenantId | None = None,
        by: str = "",
        to: str = TO_RECIPIENTS,
        told: Mapping[str, str] = MappingProxyType({}),
        approved: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        """Send the copies on; ``by`` is who said so, for the journal, and ``told`` what else it shall say.

        ``to`` is ``recipients``, ``first`` for the first of them, or an address that gets it in
        their place; whoever gets nothing then is settled as deleted.  Malware stays, as ``needs
        approval``, unless its release was ``approved``.  Return for each copy that
        exists how it left, now or before: ``released`` for those that were released, and
        ``deleted`` or ``expired`` for those that cannot be any more.

        With ``only`` it leaves for those addresses alone, and rests for the others.
        """
        return await self._leave(
            ids, tenant, Leaving.RELEASED, by, to=to, told=told, approved=approved, only=only
        )

    async def delete(
        self,
        ids: Sequence[UUID],
        *,
        tenant: TenantId | None = None,
        by: str = "",
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        """End the copies for ever; return as ``release`` does."""
        return await self._leave(ids, tenant, Leaving.DELETED, by, only=only)

    async def expire(self, now: datetime) -> int:
        """Delete copies whose time is over at ``now``, at most a batch; return how many."""
        async with self._pool.connection() as connection:
            parameters = {"now": now, "wanted": BATCH}
            cursor = await connection.execute(query(_PACKAGE, "list_expired"), parameters)
            ids = [row[0] for row in await cursor.fetchall()]
        left = await self._leave(ids, None, Leaving.EXPIRED, "")
        return len(left)

    async def _leave(
        self,
        ids: Sequence[UUID],
        tenant: TenantId | None,
        how: Leaving,
        by: str,
        *,
        to: str = TO_RECIPIENTS,
        told: Mapping[str, str] = MappingProxyType({}),
        approved: bool = False,
        only: Collection[str] | None = None,
    ) -> dict[UUID, str]:
        if not ids:
            return {}
        now = self._clock()
        async with self._pool.transaction() as connection:
            rows = await _lock(connection, ids, tenant)
            if only is not None:
                rows = [part for row in rows if (part := part_of(row, only)) is not None]
            guarded = how is Leaving.RELEASED and not approved
            kept = {row.id for row in rows if guarded and row.reason in GUARDED and row.ended_as is None}
            resting = [row for row in rows if row.ended_as is None and row.id not in kept]
            numbering = Numbering()
            if how is Leaving.RELEASED:
                give_up_at = now + self._settings.give_up_after
                changes = [
                    released(row, to, now, by=by, told=told, numbering=numbering, give_up_at=give_up_at)
                    for row in resting
                ]
            else:
                changes = [ended(row, now, how, by) for row in resting]
            if changes:
                await apply(connection, [*changes, numbering.changes()], now)
        return {row.id: NEEDS_APPROVAL if row.id in kept else row.ended_as or how.value for row in rows}


@dataclass(frozen=True, slots=True)
class _ListedRow:
    id: UUID
    tenant: int
    message: UUID
    message_id: str
    subject: str
    reverse_path: str
    addresses: list[str]
    reason: str
    verdict: str
    size: int
    received_at: datetime
    quarantined_at: datetime
    expires_at: datetime
    ended_as: str | None


async def _lock(connection: Connection, ids: Sequence[UUID], tenant: TenantId | None) -> list[RestingRow]:
    async with connection.cursor(row_factory=class_row(RestingRow)) as cursor:
        parameters: dict[str, Any] = {"ids": list(ids), "tenant": tenant}
        await cursor.execute(query(_PACKAGE, "lock_quarantined"), parameters)
        return await cursor.fetchall()


def _shown(row: _ListedRow) -> QuarantinedCopy:
    return QuarantinedCopy(
        id=row.id,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        message_id=row.message_id,
        subject=row.subject,
        sender=row.reverse_path,
        recipients=tuple(row.addresses),
        reason=row.reason,
        verdict=row.verdict,
        size=row.size,
        received_at=row.received_at,
        quarantined_at=row.quarantined_at,
        expires_at=row.expires_at,
        ended_as=row.ended_as,
    )
