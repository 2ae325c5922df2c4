"""What the outcome of an attempt comes to: moves, a later try, rest or an end.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import Outcome, QueueKind, RecipientOutcome, Settlement
from lazaretto.spool import telling
from lazaretto.spool.changing import Changes, Move, Numbering, PutOff, QueueKey
from lazaretto.spool.holding import HeldRecipient, HeldRow
from lazaretto.spool.planning import quarantine_row, quarantined_event
from lazaretto.spool.rows import QuarantineRow, QueueRow, event_row
from lazaretto.spool.settings import SpoolSettings

UNDELIVERABLE: Final = "undeliverable"
"""Reason of a copy at rest that nobody takes and whose sender may be forged."""
_EVENTS: Final = {
    Outcome.DELIVERED: EventKind.DELIVERED,
    Outcome.DEFERRED: EventKind.DEFERRED,
    Outcome.FAILED: EventKind.BOUNCED,
}


def settle_one(
    row: HeldRow, settlement: Settlement, numbering: Numbering, settings: SpoolSettings
) -> Changes:
    """Return what ``settlement`` changes about ``row``, whose lease still holds."""
    if row.kind == QueueKind.DELAY_NOTICE.value:
        return (
            _notice_given(row, settlement) if settlement.next_at is None else _notice_later(row, settlement)
        )
    open_recipients = {recipient.number: recipient for recipient in row.held_recipients()}
    outcomes = [each for each in settlement.outcomes if each.number in open_recipients]
    deferred = _deferred(open_recipients, outcomes)
    failed = [each for each in outcomes if each.outcome is Outcome.FAILED]
    to_rest = failed if _must_rest(row, settlement) else []
    resting = _resting(
        row, settlement, [open_recipients[each.number] for each in to_rest], numbering, settings
    )
    notices = _notices(row, [open_recipients[number] for number in deferred], numbering, settings)
    events = [
        *_told(row, settlement, open_recipients, outcomes),
        *(quarantined_event(each) for each in resting),
    ]
    return Changes(
        removed=() if deferred else (QueueKey(row.tenant, row.message, row.number),),
        put_off=(_put_off(row, settlement, deferred),) if deferred else (),
        moves=tuple(_moves(row, settlement, outcomes, {each.number for each in to_rest})),
        queue=notices,
        quarantine=resting,
        events=tuple(event_row(event, row.received_at) for event in events),
    )


def _deferred(
    open_recipients: dict[int, HeldRecipient], outcomes: Sequence[RecipientOutcome]
) -> tuple[int, ...]:
    # A recipient that the attempt says nothing about is tried again: silence is not an end.
    ended = {each.number for each in outcomes if each.outcome is not Outcome.DEFERRED}
    return tuple(number for number in open_recipients if number not in ended)


def _must_rest(row: HeldRow, settlement: Settlement) -> bool:
    return bool(row.reverse_path) and not row.return_path_trusted and not settlement.composed


def _moves(
    row: HeldRow, settlement: Settlement, outcomes: Iterable[RecipientOutcome], to_rest: set[int]
) -> Iterable[Move]:
    for each in outcomes:
        if each.outcome is Outcome.DEFERRED:
            continue
        place = Place.DELIVERED if each.outcome is Outcome.DELIVERED else Place.BOUNCED
        yield Move(
            tenant=row.tenant,
            message=row.message,
            number=each.number,
            place=Place.QUARANTINED if each.number in to_rest else place,
            at=settlement.at,
        )


def _put_off(row: HeldRow, settlement: Settlement, deferred: tuple[int, ...]) -> PutOff:
    replies = [str(each.reply) for each in settlement.outcomes if each.number in deferred]
    return PutOff(
        tenant=row.tenant,
        message=row.message,
        number=row.number,
        recipients=deferred,
        destination=row.destination,
        next_at=settlement.next_at or settlement.at,
        failures=row.failures + 1,
        last_reply=replies[-1] if replies else "",
    )


def _resting(
    row: HeldRow,
    settlement: Settlement,
    recipients: Sequence[HeldRecipient],
    numbering: Numbering,
    settings: SpoolSettings,
) -> tuple[QuarantineRow, ...]:
    if not recipients:
        return ()
    resting = quarantine_row(
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        number=numbering.take(row),
        direction=row.direction,
        recipients=[(recipient.number, recipient.address) for recipient in recipients],
        reason=UNDELIVERABLE,
        now=settlement.at,
        settings=settings,
    )
    return (resting,)


def _notices(
    row: HeldRow, deferred: Sequence[HeldRecipient], numbering: Numbering, settings: SpoolSettings
) -> tuple[QueueRow, ...]:
    """Return the row that will tell the sender of a delay; it is made with the first failure."""
    late_at = row.received_at + settings.delay_notice_after
    wanting = [recipient for recipient in deferred if _wants_delay_notice(recipient)]
    told = row.reverse_path and row.return_path_trusted and settings.delay_notice_after
    if row.failures or not wanting or not told or late_at >= row.expires_at:
        return ()
    notice = QueueRow(
        tenant=row.tenant,
        message=row.message,
        number=numbering.take(row),
        kind=QueueKind.DELAY_NOTICE,
        destination=row.destination,
        direction=row.direction,
        recipients=tuple(recipient.number for recipient in wanting),
        splices=row.splices,
        next_at=late_at,
        attempt=0,
        owner=None,
        failures=0,
        expires_at=row.expires_at,
    )
    return (notice,)


def _wants_delay_notice(recipient: HeldRecipient) -> bool:
    return not recipient.notify or "DELAY" in recipient.notify.split(",")


def _told(
    row: HeldRow,
    settlement: Settlement,
    recipients: dict[int, HeldRecipient],
    outcomes: Iterable[RecipientOutcome],
) -> Iterable[Event]:
    for each in outcomes:
        next_at = settlement.next_at if each.outcome is Outcome.DEFERRED else None
        yield Event(
            kind=_EVENTS[each.outcome],
            at=settlement.at,
            tenant=TenantId(row.tenant),
            message=MessageId(row.message),
            recipients=(recipients[each.number].address,),
            details=telling.outcome_details(each, row.attempt, next_at),
        )


def _notice_given(row: HeldRow, settlement: Settlement) -> Changes:
    event = Event(
        kind=EventKind.NOTIFIED,
        at=settlement.at,
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        recipients=tuple(recipient.address for recipient in row.held_recipients()),
        details={"about": "delay", "messages": [str(composed.id) for composed in settlement.composed]},
    )
    return Changes(
        removed=(QueueKey(row.tenant, row.message, row.number),),
        events=(event_row(event, row.received_at),) if settlement.composed else (),
    )


def _notice_later(row: HeldRow, settlement: Settlement) -> Changes:
    """Return what keeps a notice that could not be made yet; the copy itself is another row."""
    numbers = tuple(recipient.number for recipient in row.held_recipients())
    return Changes(put_off=(_put_off(row, settlement, numbers),))
