"""The commit that makes ``250`` safe.

Large content is durable first; then one transaction adds content, messages, recipients, queue rows
leased to this node, and the events that tell of it.  Only an unwarned success returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement, Summary
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.events import Event
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage, QueuedCopy
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission
from lazaretto.db.pool import Pool
from lazaretto.spool import telling
from lazaretto.spool.composing import compose
from lazaretto.spool.content import ContentStore
from lazaretto.spool.entering import KeptContent, enter, keep, queued_copies
from lazaretto.spool.grouping import GroupCommit
from lazaretto.spool.malware_telling import malware_found, scanned
from lazaretto.spool.node import Node
from lazaretto.spool.planning import (
    Leasing,
    Plan,
    direction_of,
    plan_judged,
    plan_unscanned,
    recipients_of,
    stored_submission,
    tenants_of,
)
from lazaretto.spool.rows import Rows, event_row, joined
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.timing import Clock, utc_now
from lazaretto.spool.waits import unhindered
from lazaretto.spool.writing import PartitionsReady, add_rows


class Acceptor:
    """Takes responsibility for messages; one per process."""

    def __init__(
        self,
        pool: Pool,
        store: ContentStore,
        node: Node,
        settings: SpoolSettings,
        *,
        read_header: Callable[[ReceivedContent], bytes] | None = None,
        on_unclaimed: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        """``on_unclaimed`` is called when copies may be leased to this node that were given to nobody:
        a commit ended after its client had been told to come again, or ended without a word."""
        self._pool = pool
        self._store = store
        self._node = node
        self._settings = settings
        self._read_header = read_header or _header_in_memory
        self._clock = clock
        self._partitions = PartitionsReady(pool)
        self._group = GroupCommit(
            pool,
            add_rows,
            committers=settings.committers,
            most=settings.commit_group,
            octets=settings.commit_octets,
            on_unclaimed=on_unclaimed,
        )

    async def commit(self, submission: Submission, judgement: Judgement | None) -> tuple[QueuedCopy, ...]:
        """Make ``submission`` durable and return its copies that are ready, leased to this node.

        Without a judgement it waits for a look, and nothing is returned.  Raises TemporaryFailure
        (also NotDurable, StorageFull): the client must be told 451 then.
        """
        parts = []
        copies: list[QueuedCopy] = []
        for tenant in tenants_of(submission):
            plan = self._plan(submission, judgement, tenant)
            kept = await self._keep(submission, tenant, plan)
            part = self._rows(submission, judgement, tenant, plan, kept)
            parts.append(part)
            copies += queued_copies(part, kept.ref)
        await self._add(joined(parts))
        return tuple(copies) if judgement is not None else ()

    async def commit_composed(self, composed: ComposedMessage) -> None:
        """Make a message of our own durable; one whose id was committed before changes nothing."""
        rows = await compose(composed, self._store, self._clock(), self._settings)
        await self._add(rows)

    async def refuse(self, submission: Submission, judgement: Judgement | None, reply: Reply) -> None:
        """Commit the story of a message that is refused after DATA; its content is not kept."""
        summary = judgement.summary if judgement else Summary()
        reference = judgement.reference if judgement else ""
        header = self._read_header(submission.content)[: self._settings.refused_header_octets]
        events = []
        for tenant in tenants_of(submission):
            if judgement is not None:
                events.append(scanned(submission, judgement, tenant, (), self._clock(), str(reply)))
                found = malware_found(
                    submission,
                    judgement,
                    tenant,
                    tuple(telling.only(judgement, tenant)),
                    (),
                    self._clock(),
                    str(reply),
                )
                events += [found] if found is not None else []
            direction = direction_of(submission, tenant)
            words = header.decode("utf-8", "replace")
            events.append(telling.refused(submission, tenant, direction, summary, reply, reference, words))
        told = tuple(event_row(event, submission.received_at, guarded=False) for event in events)
        await self._add(Rows(events=told))

    async def _add(self, rows: Rows) -> None:
        try:
            async with asyncio.timeout(self._settings.commit_timeout.total_seconds()):
                await unhindered(self._partitions.make(rows.moments))
                await self._group.add(rows)
        except TimeoutError as failure:
            raise TemporaryFailure("the database takes too long to commit") from failure
        except TemporaryFailure:
            # It may be that what we believe to be there was dropped, by a node whose clock is ahead.
            self._partitions.forget()
            raise

    def _plan(self, submission: Submission, judgement: Judgement | None, tenant: TenantId) -> Plan:
        now = self._clock()
        expires_at = submission.received_at + self._settings.give_up_after
        if judgement is None:
            return plan_unscanned(submission, tenant, now, expires_at)
        leasing = Leasing(
            owner=self._node.number,
            until=now + self._settings.lease_time,
            expires_at=expires_at,
            settings=self._settings,
        )
        return plan_judged(submission, judgement, tenant, now, leasing)

    async def _keep(self, submission: Submission, tenant: TenantId, plan: Plan) -> KeptContent:
        if not plan.needs_content:
            return KeptContent.nothing(submission.content, tenant, submission.id)
        return await keep(self._store, submission.content, tenant, submission.id)

    def _rows(
        self,
        submission: Submission,
        judgement: Judgement | None,
        tenant: TenantId,
        plan: Plan,
        kept: KeptContent,
    ) -> Rows:
        summary = judgement.summary if judgement else Summary()
        addresses = [recipient.address for recipient in recipients_of(submission, tenant)]
        direction = direction_of(submission, tenant)
        events = [telling.received(submission, tenant, direction, addresses, summary)]
        if judgement is not None:
            answer = f"250 2.0.0 Queued as {submission.id}"
            events.append(scanned(submission, judgement, tenant, plan.quarantine, self._clock(), answer))
        events += _exceeded(submission, tenant)
        return enter(
            submission,
            plan,
            kept,
            judgement=judgement,
            waiting=None if judgement else stored_submission(submission, tenant),
            events=(*events, *plan.events),
            now=self._clock(),
        )


def _exceeded(submission: Submission, tenant: TenantId) -> Iterator[Event]:
    for leg in submission.legs:
        if leg.tenant == tenant and leg.excess is not None and not leg.excess.is_held:
            addresses = [recipient.address for recipient in leg.recipients]
            yield telling.exceeded(tenant, submission.id, submission.received_at, addresses, leg.excess)


def _header_in_memory(content: ReceivedContent) -> bytes:
    return (content.octets or b"").partition(b"\r\n\r\n")[0]
