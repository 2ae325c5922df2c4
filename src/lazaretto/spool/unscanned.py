"""Messages that were accepted without a look: handed out whole, and settled by their judgement."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import Lease, QueuedCopy, QueueKind
from lazaretto.core.submission import Submission
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, Move, NextNumber, QueueKey, apply
from lazaretto.spool.content import ContentStore
from lazaretto.spool.content_reading import ContentReader
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.holding import HeldRow, lock_leases, read_held
from lazaretto.spool.intake import discard
from lazaretto.spool.malware_telling import scanned
from lazaretto.spool.node import Node
from lazaretto.spool.planning import Leasing, Plan, plan_judged, read_stored_submission
from lazaretto.spool.queue import Queue
from lazaretto.spool.rows import event_row
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.timing import Clock, utc_now
from lazaretto.spool.writing import PartitionsReady

log = logging.getLogger(__name__)

_PACKAGE: Final = "lazaretto.spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnscannedMessage:
    """One tenant's part of a message that nobody has looked at; ``submission`` is as the edge built it.

    Whoever takes it calls ``intake.discard(submission.content)`` in the end.
    """

    lease: Lease
    submission: Submission
    unread: LazarettoError | None = None
    """Why its content could not be read; ``submission.content`` is empty then."""


class UnscannedMessages:
    """What waits for a look."""

    def __init__(
        self,
        pool: Pool,
        store: ContentStore,
        node: Node,
        settings: SpoolSettings,
        *,
        temporary: Path,
        content_settings: ContentSettings,
        clock: Clock = utc_now,
    ) -> None:
        self._pool = pool
        self._store = store
        self._node = node
        self._settings = settings
        self._reader = ContentReader(store, temporary, content_settings)
        self._clock = clock
        self._queue = Queue(pool, store, node, settings, clock=clock)
        self._partitions = PartitionsReady(pool)

    async def claim_unscanned(self, limit: int = 10) -> list[UnscannedMessage]:
        """Lease messages that wait for a look, with their content where it can be read."""
        return await self._with_content(await self._queue.claim_rows("claim", [QueueKind.SCAN], limit))

    async def claim_own(self, limit: int = 10) -> list[UnscannedMessage]:
        """Lease anew what is leased to this node: an earlier process of it ended over them."""
        return await self._with_content(await self._queue.claim_rows("claim_own", [QueueKind.SCAN], limit))

    async def settle_scan(
        self, lease: Lease, submission: Submission, judgement: Judgement
    ) -> tuple[QueuedCopy, ...] | None:
        """Move the message where ``judgement`` says; return the copies that are ready, leased to us.

        None when the lease was lost: nothing is changed then.
        """
        now = self._clock()
        await self._partitions.make([now])
        async with self._pool.transaction() as connection:
            keys = await lock_leases(connection, [lease])
            held = await read_held(connection, keys)
            if not held:
                return None
            plan = plan_judged(submission, judgement, lease.tenant, now, self._leasing(held[0]))
            await apply(connection, [_changes(held[0], submission, judgement, plan, self._clock)], now)
            await _note_judgement(connection, lease, judgement)
            ready = [
                QueueKey(row.tenant, row.message, row.number)
                for row in plan.queue
                if row.kind is QueueKind.DELIVER
            ]
            return tuple(row.copy() for row in await read_held(connection, ready))

    def _leasing(self, row: HeldRow) -> Leasing:
        return Leasing(
            owner=self._node.number,
            until=self._clock() + self._settings.lease_time,
            expires_at=row.expires_at,
            settings=self._settings,
            first_number=row.next_number,
        )

    async def _with_content(self, rows: Sequence[HeldRow]) -> list[UnscannedMessage]:
        return [await self._read(row) for row in rows]

    async def _read(self, row: HeldRow) -> UnscannedMessage:
        try:
            content = await self._reader.fetch(row.content)
        except LazarettoError as failure:
            # One damaged or unreachable content must not keep all others from being looked at.
            details = {"copy": str(row.message), "reason": str(failure)}
            log.error("content cannot be read for its look", extra=details)
            empty = ReceivedContent(size=row.size, sha256=row.sha256, octets=b"")
            return UnscannedMessage(lease=row.lease, submission=_submission(row, empty), unread=failure)
        return UnscannedMessage(lease=row.lease, submission=_submission(row, content))


def discard_content(message: UnscannedMessage) -> None:
    """Forget the temporary copy of its content."""
    discard(message.submission.content)


def _submission(row: HeldRow, content: ReceivedContent) -> Submission:
    held = read_stored_submission(row.submission or b"")
    return Submission(
        id=MessageId(row.message),
        received_at=held.received_at,
        client=held.client,
        envelope=held.envelope,
        legs=held.legs,
        content=content,
        trace_header=row.trace_header,
        notes=held.notes,
    )


def _changes(row: HeldRow, submission: Submission, judgement: Judgement, plan: Plan, clock: Clock) -> Changes:
    tenant = TenantId(row.tenant)
    reply = f"250 2.0.0 Queued as {submission.id}"
    events = [scanned(submission, judgement, tenant, plan.quarantine, clock(), reply), *plan.events]
    return Changes(
        removed=(QueueKey(row.tenant, row.message, row.number),),
        moves=tuple(
            Move(
                tenant=each.tenant,
                message=each.message,
                number=each.number,
                place=Place(each.place),
                at=clock(),
                deliver_to=each.deliver_to,
            )
            for each in plan.recipients
            if not each.additional
        ),
        recipients=tuple(each for each in plan.recipients if each.additional),
        queue=plan.queue,
        quarantine=plan.quarantine,
        numbers=(NextNumber(row.tenant, row.message, plan.next_number),),
        events=tuple(event_row(event, row.received_at) for event in events),
    )


async def _note_judgement(connection: Connection, lease: Lease, judgement: Judgement) -> None:
    parameters: dict[str, object] = {
        "tenant": lease.tenant,
        "message": lease.message,
        "subject": judgement.summary.subject.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "message_id": judgement.summary.message_id.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        "verdict": judgement.verdict.value,
        "return_path_trusted": judgement.return_path_trusted,
    }
    await connection.execute(query(_PACKAGE, "note_judgement"), parameters)


def leases_of(messages: Sequence[UnscannedMessage]) -> tuple[Lease, ...]:
    """Return the leases of ``messages``, to be renewed while a look takes long."""
    return tuple(message.lease for message in messages)
