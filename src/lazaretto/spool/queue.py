"""Work that waits: who may do it, until when, and what came of it.

``next_at`` is when a row is due and, once it is taken, when its lease ends; so a worker that dies
gives its work back by doing nothing.  ``attempt`` grows with each lease and fences off whoever
comes back after its lease went to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, LiteralString

from lazaretto.core.queued import Lease, QueuedCopy, QueueKind, Settlement
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, Numbering, QueueKey, apply
from lazaretto.spool.composing import compose
from lazaretto.spool.content import ContentStore
from lazaretto.spool.holding import HeldRow, lock_leases, read_held
from lazaretto.spool.node import Node
from lazaretto.spool.rows import Rows, row_set
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.settling import settle_one
from lazaretto.spool.timing import Clock, utc_now
from lazaretto.spool.writing import PartitionsReady, add_rows

_PACKAGE: Final = "lazaretto.spool"
DELIVERY: Final = (QueueKind.DELIVER, QueueKind.DELAY_NOTICE, QueueKind.BOUNCE)


class Queue:
    """The queue as one node sees it."""

    def __init__(
        self,
        pool: Pool,
        store: ContentStore,
        node: Node,
        settings: SpoolSettings,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._pool = pool
        self._store = store
        self._node = node
        self._settings = settings
        self._clock = clock
        self._partitions = PartitionsReady(pool)

    async def claim(self, kinds: Iterable[QueueKind] = DELIVERY, limit: int = 100) -> list[QueuedCopy]:
        """Lease what is due, oldest first, at most ``limit`` copies; what others hold is passed over."""
        return [row.copy() for row in await self.claim_rows("claim", kinds, limit)]

    async def claim_own(
        self,
        kinds: Iterable[QueueKind] = DELIVERY,
        limit: int = 20_000,
        besides: Sequence[Lease] = (),
    ) -> list[QueuedCopy]:
        """Lease anew what is leased to this node, but for the rows of ``besides``, which are in hand.

        For a successor's start, and for copies whose lease nobody was told of.
        """
        return [row.copy() for row in await self.claim_rows("claim_own", kinds, limit, besides)]

    async def claim_rows(
        self, how: LiteralString, kinds: Iterable[QueueKind], limit: int, besides: Sequence[Lease] = ()
    ) -> list[HeldRow]:
        """Lease rows by query ``how`` and return them; those without work left end here."""
        now = self._clock()
        parameters = {
            "kinds": [kind.value for kind in kinds],
            "now": now,
            "until": now + self._settings.lease_time,
            "owner": self._node.number,
            "wanted": limit,
            "besides": row_set(besides),
        }
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, how), parameters, prepare=True)
            keys = [QueueKey(*row) for row in await cursor.fetchall()]
            rows = await read_held(connection, keys)
            idle = [row for row in rows if not row.held_recipients()]
            if idle:
                # A notice of delay about recipients that have their mail by now.
                removed = tuple(QueueKey(row.tenant, row.message, row.number) for row in idle)
                await apply(connection, [Changes(removed=removed)], now)
        return [row for row in rows if row not in idle] if idle else rows

    async def renew(self, leases: Sequence[Lease]) -> tuple[Lease, ...]:
        """Prolong ``leases``; return those that were lost to others meanwhile."""
        parameters = {"leases": row_set(leases), "until": self._clock() + self._settings.lease_time}
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "renew"), parameters)
            kept = {QueueKey(*row) for row in await cursor.fetchall()}
        return tuple(lease for lease in leases if _key(lease) not in kept)

    async def give_back(self, leases: Sequence[Lease], pause: timedelta) -> None:
        """End ``leases``; anybody may have the rows when ``pause`` is over.  Lost ones stay as they are."""
        parameters = {"leases": row_set(leases), "at": self._clock() + pause}
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "give_back"), parameters)

    async def settle(self, settlements: Sequence[Settlement]) -> tuple[Lease, ...]:
        """Write what came of attempts, all in one transaction; return the leases that were lost.

        A lost lease changes nothing: somebody else has the copy, or it was settled before.
        """
        # A delivery journal that is replayed may hold one twice.
        settlements = list({settlement.lease: settlement for settlement in settlements}.values())
        composed = await self._compose(settlements)
        await self._partitions.make([self._clock(), *(settlement.at for settlement in settlements)])
        async with self._pool.transaction() as connection:
            held = await _lock(connection, [settlement.lease for settlement in settlements])
            valid = [settlement for settlement in settlements if settlement.lease in held]
            numbering = Numbering()
            changes = [settle_one(held[each.lease], each, numbering, self._settings) for each in valid]
            notifications = [rows for lease, rows in composed if lease in held]
            if notifications:
                await add_rows(connection, notifications)
            if changes:
                await apply(connection, [*changes, numbering.changes()], self._clock())
        return tuple(settlement.lease for settlement in settlements if settlement.lease not in held)

    async def _compose(self, settlements: Iterable[Settlement]) -> list[tuple[Lease, Rows]]:
        return [
            (settlement.lease, await compose(each, self._store, self._clock(), self._settings))
            for settlement in settlements
            for each in settlement.composed
        ]


async def _lock(connection: Connection, leases: Sequence[Lease]) -> dict[Lease, HeldRow]:
    keys = await lock_leases(connection, leases)
    return {row.lease: row for row in await read_held(connection, keys)}


def _key(lease: Lease) -> QueueKey:
    return QueueKey(lease.tenant, lease.message, lease.row)
