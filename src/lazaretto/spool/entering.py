"""A message's way into the tables: content, plan and events become rows, and rows become copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement, Summary
from lazaretto.core.envelope import Direction
from lazaretto.core.events import Event
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef, Lease, QueuedCopy, QueuedRecipient, QueueKind
from lazaretto.core.submission import Submission
from lazaretto.db.partitions import Span
from lazaretto.spool.content import ContentStore
from lazaretto.spool.planning import Plan
from lazaretto.spool.rows import (
    ContentRow,
    MessageRow,
    QueueRow,
    RecipientRow,
    Rows,
    event_row,
    unpacked,
)


@dataclass(frozen=True, slots=True)
class KeptContent:
    """Content on its way into the tables."""

    ref: ContentRef
    sealed: bytes | None
    """What goes into its row; None when it rests elsewhere, or nowhere."""

    @classmethod
    def nothing(cls, content: ReceivedContent, tenant: TenantId, message: MessageId) -> KeptContent:
        """Return what stands for content that nobody needs again."""
        ref = ContentRef(
            tenant=tenant,
            message=message,
            kind=ContentKind.INLINE,
            reference="",
            wrapped_key=b"",
            key_version=0,
            size=content.size,
            sha256=content.sha256,
        )
        return cls(ref, None)


async def keep(
    store: ContentStore, content: ReceivedContent, tenant: TenantId, message: MessageId
) -> KeptContent:
    """Seal small content for its row, or make larger content durable."""
    if content.octets is None:
        return KeptContent(await store.keep(content, tenant, message), None)
    inline = await store.seal_inline(content, tenant, message)
    return KeptContent(inline.ref, inline.sealed)


def enter(
    submission: Submission,
    plan: Plan,
    kept: KeptContent,
    *,
    judgement: Judgement | None,
    waiting: bytes | None,
    events: Sequence[Event],
    now: datetime,
) -> Rows:
    """Return the rows of one tenant's part of ``submission``; ``waiting`` until it was looked at."""
    envelope = submission.envelope
    summary = judgement.summary if judgement else Summary()
    message = message_row(
        kept.ref,
        received_at=submission.received_at,
        now=now,
        next_number=plan.next_number,
        reverse_path=envelope.reverse_path,
        eight_bit=envelope.body == "8BITMIME",
        smtputf8=envelope.smtputf8,
        envid=envelope.envid,
        ret=envelope.ret,
        trace_header=submission.trace_header,
        summary=summary,
        verdict=judgement.verdict.value if judgement else "",
        return_path_trusted=judgement.return_path_trusted if judgement else False,
        submission=waiting,
        done_at=None if plan.needs_content else now,
    )
    return Rows(
        messages=(message,),
        contents=content_rows(kept, message),
        recipients=plan.recipients,
        queue=plan.queue,
        quarantine=plan.quarantine,
        events=tuple(event_row(event, submission.received_at) for event in events),
    )


def message_row(
    ref: ContentRef,
    *,
    received_at: datetime,
    now: datetime,
    next_number: int,
    reverse_path: str,
    eight_bit: bool,
    smtputf8: bool,
    summary: Summary,
    envid: str = "",
    ret: str = "",
    trace_header: bytes = b"",
    verdict: str = "",
    return_path_trusted: bool = False,
    submission: bytes | None = None,
    done_at: datetime | None = None,
) -> MessageRow:
    """Return the row of a message whose content is ``ref``."""
    return MessageRow(
        tenant=ref.tenant,
        id=ref.message,
        received_at=received_at,
        stored_at=Span.HOUR.start_of(now),
        reverse_path=reverse_path,
        eight_bit=eight_bit,
        smtputf8=smtputf8,
        envid=envid,
        ret=ret,
        trace_header=trace_header,
        subject=summary.subject,
        message_id=summary.message_id,
        size=ref.size,
        sha256=ref.sha256,
        content_kind=ref.kind.value,
        content_reference=ref.reference,
        wrapped_key=ref.wrapped_key,
        key_version=ref.key_version,
        verdict=verdict,
        return_path_trusted=return_path_trusted,
        next_number=next_number,
        submission=submission,
        done_at=done_at,
    )


def content_rows(kept: KeptContent, message: MessageRow) -> tuple[ContentRow, ...]:
    """Return the row of inline content; none when it rests elsewhere."""
    if kept.sealed is None:
        return ()
    row = ContentRow(
        tenant=message.tenant, message=message.id, stored_at=message.stored_at, octets=kept.sealed
    )
    return (row,)


def queued_copies(rows: Rows, ref: ContentRef) -> list[QueuedCopy]:
    """Return the copies that are queued for delivery in ``rows``, all of one message."""
    message = rows.messages[0]
    recipients = {row.number: row for row in rows.recipients}
    return [
        queued_copy(message, row, [recipients[number] for number in row.recipients], ref)
        for row in rows.queue
        if row.kind is QueueKind.DELIVER
    ]


def queued_copy(
    message: MessageRow, row: QueueRow, recipients: Sequence[RecipientRow], ref: ContentRef
) -> QueuedCopy:
    """Return the copy that ``row`` stands for."""
    return QueuedCopy(
        lease=Lease(
            tenant=TenantId(row.tenant), message=MessageId(row.message), row=row.number, attempt=row.attempt
        ),
        kind=row.kind,
        destination=row.destination,
        direction=Direction(row.direction),
        reverse_path=message.reverse_path,
        recipients=tuple(queued_recipient(recipient) for recipient in recipients),
        received_at=message.received_at,
        expires_at=row.expires_at,
        failures=row.failures,
        eight_bit=message.eight_bit,
        smtputf8=message.smtputf8,
        envid=message.envid,
        ret=message.ret,
        trace_header=message.trace_header,
        splices=unpacked(row.splices),
        content=ref,
        return_path_trusted=message.return_path_trusted,
    )


def queued_recipient(row: RecipientRow) -> QueuedRecipient:
    """Return the recipient that ``row`` stands for."""
    return QueuedRecipient(
        number=row.number,
        address=row.address,
        deliver_to=row.deliver_to,
        notify=tuple(row.notify.split(",")) if row.notify else (),
        original=row.original,
    )
