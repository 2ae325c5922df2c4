"""From a judgement to rows: which copy goes where, before anything is written.  Pure.

Each tenant of a transaction gets rows of its own under the same message id.  A queue row is the
copy for recipients at one destination domain with the same changes; recipients keep their number
from acceptance to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from lazaretto.core.address import domain_of, fold
from lazaretto.core.decision import Copy, Judgement
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.events import Event
from lazaretto.core.excess import Excess
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.places import Place
from lazaretto.core.queued import QueueKind
from lazaretto.core.submission import Submission
from lazaretto.spool import telling
from lazaretto.spool.malware_telling import malware_found
from lazaretto.spool.rows import QuarantineRow, QueueRow, RecipientRow, packed
from lazaretto.spool.settings import SpoolSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one tenant's part of a message comes to."""

    recipients: tuple[RecipientRow, ...]
    queue: tuple[QueueRow, ...] = ()
    quarantine: tuple[QuarantineRow, ...] = ()
    events: tuple[Event, ...] = ()
    next_number: int
    """The first number that no queue or quarantine row has taken."""

    @property
    def needs_content(self) -> bool:
        """Tell whether anybody will want the octets again."""
        return bool(self.queue or self.quarantine)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubmission:
    """A submission without its content, as it waits to be looked at."""

    received_at: datetime
    client: Client
    envelope: Envelope
    legs: tuple[Leg, ...]
    notes: tuple[str, ...]


_submissions = msgspec.msgpack.Decoder(StoredSubmission)


def tenants_of(submission: Submission) -> tuple[TenantId, ...]:
    """Return the tenants of ``submission``, each once."""
    return tuple(dict.fromkeys(leg.tenant for leg in submission.legs))


def recipients_of(submission: Submission, tenant: TenantId) -> tuple[Recipient, ...]:
    """Return the recipients of ``tenant`` in order; their index is their number."""
    return tuple(one for leg in submission.legs if leg.tenant == tenant for one in leg.recipients)


def direction_of(submission: Submission, tenant: TenantId) -> Direction:
    """Return the direction of the first leg of ``tenant``."""
    return next(leg.direction for leg in submission.legs if leg.tenant == tenant)


def stored_submission(submission: Submission, tenant: TenantId) -> bytes:
    """Return the part of ``submission`` that belongs to ``tenant``, for its row."""
    envelope = submission.envelope
    part = Envelope(
        reverse_path=envelope.reverse_path,
        recipients=recipients_of(submission, tenant),
        body=envelope.body,
        smtputf8=envelope.smtputf8,
        envid=envelope.envid,
        ret=envelope.ret,
    )
    held = StoredSubmission(
        received_at=submission.received_at,
        client=submission.client,
        envelope=part,
        legs=tuple(leg for leg in submission.legs if leg.tenant == tenant),
        notes=submission.notes,
    )
    return msgspec.msgpack.encode(held)


def read_stored_submission(held: bytes) -> StoredSubmission:
    """Return what ``stored_submission`` was given, as far as it went."""
    return _submissions.decode(held)


def excesses_of(submission: Submission, tenant: TenantId) -> dict[Direction, Excess]:
    """Return the limits that the parts of ``submission`` that belong to ``tenant`` went beyond."""
    return {
        leg.direction: leg.excess
        for leg in submission.legs
        if leg.tenant == tenant and leg.excess is not None
    }


def quarantine_id(message: UUID, tenant: int, number: int) -> UUID:
    """Return the id under which people know the quarantined copy ``number`` of a message."""
    return uuid5(message, f"quarantine {tenant} {number}")


def plan_unscanned(submission: Submission, tenant: TenantId, now: datetime, expires_at: datetime) -> Plan:
    """Plan for a message that is accepted without a look: any node looks at it, at once."""
    rows = _Rows(submission, tenant, now)
    for number in range(len(rows.recipients)):
        rows.place(number, Place.RECEIVED)
    row = QueueRow(
        tenant=tenant,
        message=submission.id,
        number=0,
        kind=QueueKind.SCAN,
        destination="",
        direction=direction_of(submission, tenant).value,
        recipients=tuple(range(len(rows.recipients))),
        splices=None,
        next_at=now,
        attempt=0,
        owner=None,
        failures=0,
        expires_at=expires_at,
    )
    return Plan(recipients=tuple(rows.recipients), queue=(row,), next_number=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leasing:
    """To whom new queue rows belong, and how long they and their tries last."""

    owner: int
    until: datetime
    expires_at: datetime
    settings: SpoolSettings
    first_number: int = 0
    """Number of the first new queue or quarantine row."""


def plan_judged(
    submission: Submission, judgement: Judgement, tenant: TenantId, now: datetime, leasing: Leasing
) -> Plan:
    """Plan for a judged message; TemporaryFailure when the judgement leaves a recipient out."""
    rows = _Rows(submission, tenant, now, leasing.first_number)
    excesses = excesses_of(submission, tenant)
    for copy in judgement.copies:
        if copy.tenant != tenant:
            continue
        match telling.place_of(copy):
            case Place.READY:
                rows.send(copy, leasing, None if copy.additional else excesses.get(copy.direction))
            case Place.DELETED if not copy.additional:
                rows.delete(copy)
            case Place.QUARANTINED if not copy.additional:
                rows.quarantine_copy(copy, leasing.settings)
    reply = f"250 2.0.0 Queued as {submission.id}"
    told = malware_found(
        submission, judgement, tenant, tuple(telling.only(judgement, tenant)), rows.quarantine, now, reply
    )
    if told is not None:
        rows.events.append(told)
    return rows.plan()


@dataclass(slots=True)
class _Rows:
    submission: Submission
    tenant: TenantId
    now: datetime
    next_number: int = 0
    recipients: list[RecipientRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unplaced: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of accepted recipients without a place yet, by folded address."""

    def __post_init__(self) -> None:
        for number, recipient in enumerate(recipients_of(self.submission, self.tenant)):
            self.unplaced.setdefault(fold(recipient.address), []).append(number)
            self.recipients.append(self._row(number, recipient, additional=False))

    def plan(self) -> Plan:
        if self.unplaced:
            raise TemporaryFailure("the judgement leaves out a recipient")
        return Plan(
            recipients=tuple(self.recipients),
            queue=tuple(self.queue),
            quarantine=tuple(self.quarantine),
            events=tuple(self.events),
            next_number=self.next_number,
        )

    def send(self, copy: Copy, leasing: Leasing, excess: Excess | None) -> None:
        """Queue ``copy`` by destination; one that is too much rests there."""
        kept_for = excess if excess is not None and excess.is_held else None
        place = Place.READY if kept_for is None else Place.HELD
        numbers = [] if copy.additional else self._take(copy)
        targets = list(copy.deliver_to)
        if copy.additional and not targets:
            targets = list(copy.decision.recipients)
        for index, number in enumerate(numbers):
            # Every accepted recipient needs an end of its own, so more recipients than targets share.
            target = targets[index % len(targets)] if targets else self.recipients[number].address
            self.place(number, place, deliver_to=target)
        for target in targets[len(numbers) :]:
            numbers.append(self._add(target))
        by_domain: dict[str, list[int]] = {}
        for number in numbers:
            by_domain.setdefault(domain_of(self.recipients[number].deliver_to), []).append(number)
        for domain, members in by_domain.items():
            self._queue(copy, domain, members, leasing, kept_for)
        if kept_for is not None:
            addresses = [self.recipients[number].address for number in numbers]
            message = self.submission.id
            self.events.append(
                telling.held(self.tenant, message, self.now, addresses, kept_for, leasing.expires_at)
            )

    def delete(self, copy: Copy) -> None:
        """End the journey of ``copy``."""
        for number in self._take(copy):
            self.place(number, Place.DELETED)
        self.events.append(telling.deleted(copy.decision, self.tenant, self.submission.id, self.now))

    def quarantine_copy(self, copy: Copy, settings: SpoolSettings) -> None:
        """Put ``copy`` to rest."""
        numbers = self._take(copy)
        for number in numbers:
            self.place(number, Place.QUARANTINED)
        row = quarantine_row(
            tenant=self.tenant,
            message=self.submission.id,
            number=self._number(),
            direction=copy.direction.value,
            recipients=[(number, self.recipients[number].address) for number in numbers],
            reason=copy.decision.quarantine_reason or "refused",
            keep_days=copy.decision.keep_days,
            now=self.now,
            settings=settings,
        )
        self.quarantine.append(row)
        self.events.append(quarantined_event(row))

    def place(self, number: int, place: Place, deliver_to: str = "") -> None:
        """Say where an accepted recipient's copy is."""
        row = self.recipients[number]
        self.recipients[number] = RecipientRow(
            tenant=row.tenant,
            message=row.message,
            number=number,
            address=row.address,
            deliver_to=deliver_to or row.deliver_to,
            notify=row.notify,
            original=row.original,
            place=place.value,
            additional=row.additional,
            settled_at=self.now if place.is_final else None,
        )

    def _take(self, copy: Copy) -> list[int]:
        return [
            number for address in copy.decision.recipients for number in self.unplaced.pop(fold(address), ())
        ]

    def _add(self, target: str) -> int:
        number = len(self.recipients)
        self.recipients.append(
            self._row(number, Recipient(address=target, notify=("NEVER",)), additional=True)
        )
        return number

    def _row(self, number: int, recipient: Recipient, *, additional: bool) -> RecipientRow:
        return RecipientRow(
            tenant=self.tenant,
            message=self.submission.id,
            number=number,
            address=recipient.address,
            deliver_to=recipient.address,
            notify=",".join(recipient.notify),
            original=recipient.original,
            place=Place.READY.value,
            additional=additional,
        )

    def _queue(
        self, copy: Copy, domain: str, numbers: list[int], leasing: Leasing, kept_for: Excess | None
    ) -> None:
        is_sent = kept_for is None
        self.queue.append(
            QueueRow(
                tenant=self.tenant,
                message=self.submission.id,
                number=self._number(),
                kind=QueueKind.DELIVER if is_sent else QueueKind.EXCESS,
                destination=domain,
                direction=copy.direction.value,
                recipients=tuple(numbers),
                splices=packed(copy.splices),
                next_at=leasing.until if is_sent else leasing.expires_at,
                attempt=1 if is_sent else 0,
                owner=leasing.owner if is_sent else None,
                failures=0,
                expires_at=leasing.expires_at,
                last_reply="" if kept_for is None else telling.excess_words(kept_for),
            )
        )

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number - 1


def quarantine_row(
    *,
    tenant: TenantId,
    message: MessageId,
    number: int,
    direction: str,
    recipients: Sequence[tuple[int, str]],
    reason: str,
    now: datetime,
    settings: SpoolSettings,
    keep_days: int = 0,
) -> QuarantineRow:
    """Return the row of a copy that comes to rest at ``now``, for ``keep_days`` if they are given."""
    usual = settings.keep_malware if reason == "malware" else settings.keep_quarantined
    keep = timedelta(days=keep_days) if keep_days else usual
    return QuarantineRow(
        day=f"{now:%Y-%m-%d}",
        id=quarantine_id(message, tenant, number),
        tenant=tenant,
        message=message,
        number=number,
        direction=direction,
        recipients=tuple(number for number, _ in recipients),
        addresses=tuple(address for _, address in recipients),
        reason=reason,
        quarantined_at=now,
        expires_at=now + keep,
    )


def quarantined_event(row: QuarantineRow) -> Event:
    """Return the event that goes with ``row``."""
    return telling.quarantined(
        tenant=TenantId(row.tenant),
        message=MessageId(row.message),
        at=row.quarantined_at,
        recipients=row.addresses,
        quarantine=row.id,
        reason=row.reason,
        expires_at=row.expires_at,
    )
