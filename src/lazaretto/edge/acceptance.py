"""From the last dot to the one reply that covers every recipient.

250 is said only after ``commit`` returned.  550 for what a message is, only when every recipient's
decision is to reject, and only after ``refuse`` returned.  Everything that does not work is a 4xx:
the client still has the message and tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import structlog

from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.core.identity import new_message_id
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission
from lazaretto.edge.notices import Oversize
from lazaretto.edge.reception import Received
from lazaretto.edge.replies import NO_ROOM, TRY_LATER, content_refused, queued
from lazaretto.edge.trace_header import trace_header
from lazaretto.edge.unfit import TooBig, Unfit
from lazaretto.edge.wire import PeerGone

if TYPE_CHECKING:
    from lazaretto.edge.session import Session
    from lazaretto.edge.states import Transaction

MANY_NOTE: Final = "many recipients in the session"
"""Mail of such a session is outside the service levels (service description §6.1)."""
log = structlog.get_logger(__name__)


async def conclude(session: Session, transaction: Transaction, received: Received | Unfit) -> Reply:
    """Return the final reply to a message.  Raises ``PeerGone`` when nobody waits for it any more."""
    if isinstance(received, Unfit):
        if received.too_big is not None and not received.too_big.is_automatic:
            transaction.too_big += _oversize(transaction, received.too_big)
        _note(session, transaction, received.reply, received.reason)
        return received.reply
    submission = _submission(session, transaction, received)
    try:
        async with asyncio.timeout(session.settings.reply_timeout):
            reply = await _look_and_keep(session, submission)
            transaction.is_kept = reply.is_positive
            return reply
    except StorageFull as failure:
        return _put_off(session, transaction, NO_ROOM, f"storage is full: {failure}")
    except (TemporaryFailure, TimeoutError) as failure:
        return _put_off(session, transaction, TRY_LATER, f"could not be kept: {failure}")
    finally:
        session.seams.discard(received.content)


async def _look_and_keep(session: Session, submission: Submission) -> Reply:
    judgement = await _look(session, submission)
    if session.wire.is_gone:
        # It will come again; keeping it now would make two of it.
        raise PeerGone
    if judgement is not None and everybody_rejects(judgement):
        return await _refuse(session, submission, judgement)
    await session.seams.commit(submission, judgement)
    session.count_message(submission.content.size, looked_at=judgement is not None)
    return queued(submission.id)


async def _look(session: Session, submission: Submission) -> Judgement | None:
    """Return what was found in time; None means that it is looked at later, never that it is clean."""
    try:
        async with asyncio.timeout(session.settings.look_timeout):
            return await session.seams.look(submission)
    except (TimeoutError, TemporaryFailure) as failure:
        problem = str(failure) or "the time is over"
        log.warning("accepting a message unscanned", message=str(submission.id), problem=problem)
        return None


def everybody_rejects(judgement: Judgement) -> bool:
    """Tell whether one 550 is true for all recipients; copies that an action ordered do not count."""
    decided = [copy.decision.disposition for copy in judgement.copies if not copy.additional]
    return bool(decided) and all(disposition is Disposition.REJECT for disposition in decided)


async def _refuse(session: Session, submission: Submission, judgement: Judgement) -> Reply:
    told = next((copy.decision for copy in judgement.copies if copy.decision.reply_text), None)
    words, status = (told.reply_text, told.reply_status) if told else ("", "")
    reply = content_refused(words, judgement.reference, status, page=session.settings.refusal_page)
    await session.seams.refuse(submission, judgement, reply)
    session.counters.refused(f"content: {judgement.verdict.value}")
    return reply


def _submission(session: Session, transaction: Transaction, received: Received) -> Submission:
    identity, now = new_message_id(), session.seams.now()
    client, envelope = session.client, transaction.envelope
    is_beyond = session.count_recipients(len(envelope.recipients))
    return Submission(
        id=identity,
        received_at=now,
        client=client,
        envelope=envelope,
        legs=transaction.legs,
        content=received.content,
        trace_header=trace_header(
            message=identity,
            client=client,
            envelope=envelope,
            host_name=session.host_name,
            at=now,
            hop_key=session.hop_key,
        ),
        notes=(*received.notes, MANY_NOTE) if is_beyond else received.notes,
    )


def _oversize(transaction: Transaction, too_big: TooBig) -> Iterator[Oversize]:
    for each in transaction.admitted:
        yield Oversize(each.tenant, each.recipient.address, each.direction, too_big.size, too_big.limit)


def _put_off(session: Session, transaction: Transaction, reply: Reply, reason: str) -> Reply:
    _note(session, transaction, reply, reason)
    return reply


def _note(session: Session, transaction: Transaction, reply: Reply, reason: str) -> None:
    session.counters.refused(reason.partition(":")[0])
    for admitted in transaction.admitted:
        session.remember_refusal(
            "data",
            reply,
            reason,
            transaction,
            recipient=admitted.recipient.address,
            tenant=admitted.tenant,
            direction=admitted.direction,
        )
