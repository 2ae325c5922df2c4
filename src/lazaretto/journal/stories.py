"""From events to what searches need: the rows that a batch of events adds to or changes.  Pure.

A message's first events mostly come in one batch, and become one row at once instead of a row and
its updates.
"""

from __future__ import annotations

import base64
import ipaddress
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lazaretto.core.address import domain_of, fold
from lazaretto.core.events import FEATURES, RECORD, EventKind
from lazaretto.core.indicators import DIGEST
from lazaretto.core.places import Place
from lazaretto.db.partitions import Span
from lazaretto.journal.looks import LookStory, look_story
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.terms import client_terms, domain_terms, look_terms

_Key = tuple[datetime, int, UUID]


@dataclass(slots=True)
class MessageStory:
    """What a batch says of one message; None where it says nothing."""

    received_at: datetime
    tenant: int
    message: UUID
    direction: str | None = None
    sender: str | None = None
    sender_folded: str | None = None
    sender_domain: str | None = None
    subject: str | None = None
    message_id: str | None = None
    client_ip: str | None = None
    size: int | None = None
    verdict: str | None = None
    score: float | None = None
    reply: str | None = None
    terms: list[str] | None = None
    """Sorted, each once."""

    def add_terms(self, terms: Iterable[str]) -> None:
        """Let it be found by ``terms``, too."""
        self.terms = sorted({*(self.terms or ()), *terms})


@dataclass(slots=True)
class RecipientStory:
    """What a batch says of one recipient of one message."""

    received_at: datetime
    tenant: int
    message: UUID
    address: str
    folded: str
    domain: str
    place: str | None = None
    disposition: str | None = None
    attempts: int = 0
    """In this batch."""
    settled_at: datetime | None = None
    remote: str | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Copies that came to a place within an hour, for the figures of reports."""

    hour: datetime
    received_at: datetime
    tenant: int
    message: UUID
    domain: str
    place: str
    copies: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HourToCount:
    """An hour of receipt whose messages are to be counted again."""

    tenant: int
    hour: datetime


@dataclass(frozen=True, slots=True)
class QuarantineStory:
    """A copy that came to rest."""

    id: UUID
    tenant: int
    message: UUID
    addresses: tuple[str, ...]
    reason: str
    quarantined_at: datetime
    expires_at: str


@dataclass(frozen=True, slots=True)
class QuarantineLeft:
    """A copy that left the quarantine."""

    id: UUID
    ended_at: datetime
    ended_as: str


@dataclass(frozen=True, slots=True)
class QuarantineNarrowed:
    """Addresses that a copy in quarantine does not rest for any more."""

    id: UUID
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TlsReportStory:
    """One policy of a TLS report that came in."""

    tenant: int
    message: UUID
    received_at: datetime
    organization: str
    contact: str
    report: str
    began: str
    ended: str
    signed_by: str
    domain: str
    policy: str
    successful: int
    failed: int
    failures: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MalwareStory:
    """A message in which malware was found."""

    tenant: int
    message: UUID
    cause: str
    at: datetime
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MailStory:
    """The detailed record of safe mail, for tenants that want it."""

    received_at: datetime
    tenant: int
    message: UUID
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureStory:
    """The traits of a message that was let through."""

    received_at: datetime
    tenant: int
    message: UUID
    digests: tuple[int, ...]
    names: tuple[str, ...] | None = None
    """Of files, in the spelling of indicators; None where an earlier version kept none."""
    subject: str | None = None


@dataclass(slots=True)
class Stories:
    """What a batch of events comes to."""

    messages: dict[_Key, MessageStory] = field(default_factory=dict)
    recipients: dict[tuple[_Key, str], RecipientStory] = field(default_factory=dict)
    quarantined: dict[UUID, QuarantineStory] = field(default_factory=dict)
    left: dict[UUID, QuarantineLeft] = field(default_factory=dict)
    narrowed: list[QuarantineNarrowed] = field(default_factory=list)
    tls_reports: list[TlsReportStory] = field(default_factory=list)
    looks: dict[_Key, LookStory] = field(default_factory=dict)
    malware: list[MalwareStory] = field(default_factory=list)
    mail: list[MailStory] = field(default_factory=list)
    features: list[FeatureStory] = field(default_factory=list)
    ends: Counter[tuple[_Key, str, str, datetime]] = field(default_factory=Counter)

    def hours(self) -> list[HourToCount]:
        """Return the hours of receipt of which something became known, in order."""
        keys = {*self.messages, *(key for key, _ in self.recipients)}
        touched = {(tenant, Span.HOUR.start_of(received_at)) for received_at, tenant, _ in keys}
        return [HourToCount(tenant, hour) for tenant, hour in sorted(touched)]

    def ended(self) -> list[Ended]:
        """Return the copies that came to rest or to an end, by message, domain, place and time."""
        return [
            Ended(Span.HOUR.start_of(at), *key, domain, place, copies, at)
            for (key, domain, place, at), copies in self.ends.items()
        ]


def stories_of(events: Iterable[OutboxEvent]) -> Stories:
    """Return what ``events``, oldest first, come to."""
    stories = Stories()
    for event in events:
        tell = _TELLERS.get(event.kind)
        if tell is not None:
            tell(stories, event)
    return stories


def _message(stories: Stories, event: OutboxEvent) -> MessageStory:
    key = (event.received_at, event.tenant, event.message)
    story = stories.messages.get(key)
    if story is None:
        story = stories.messages[key] = MessageStory(*key)
    return story


def _recipient(stories: Stories, event: OutboxEvent, address: str) -> RecipientStory:
    key = (event.received_at, event.tenant, event.message)
    story = stories.recipients.get((key, address))
    if story is None:
        story = RecipientStory(*key, address, fold(address), domain_of(address))
        stories.recipients[key, address] = story
    return story


def _end(
    stories: Stories, event: OutboxEvent, addresses: Iterable[str], place: Place, copies: int = 1
) -> None:
    key = (event.received_at, event.tenant, event.message)
    for address in addresses:
        story = _recipient(stories, event, address)
        story.place, story.settled_at = place.value, event.at
        stories.ends[key, story.domain, place.value, event.at] += copies


def _received(stories: Stories, event: OutboxEvent) -> None:
    _describe(_message(stories, event), event)
    composed = event.details.get("direction") == "internal"
    for address in event.recipients:
        story = _recipient(stories, event, address)
        story.place = (Place.READY if composed else Place.RECEIVED).value
        story.disposition = "deliver" if composed else None


def _refused(stories: Stories, event: OutboxEvent) -> None:
    _describe(_message(stories, event), event)
    # One row may stand for many refusals of a flood.
    _end(stories, event, event.recipients, Place.REFUSED, event.details.get("count", 1))
    for address in event.recipients:
        _recipient(stories, event, address).disposition = "reject"


def _describe(story: MessageStory, event: OutboxEvent) -> None:
    details = event.details
    sender = details.get("reverse_path", "")
    story.direction = details.get("direction")
    story.sender, story.sender_folded, story.sender_domain = sender, fold(sender), domain_of(sender)
    story.subject = details.get("subject") or story.subject
    story.message_id = details.get("message_id") or story.message_id
    story.client_ip = _ip((details.get("client") or {}).get("ip"))
    story.size = details.get("size")
    story.reply = details.get("reply")
    story.add_terms(domain_terms(story.direction, sender, event.recipients))
    story.add_terms(client_terms(details.get("client") or {}))


def _scanned(stories: Stories, event: OutboxEvent) -> None:
    story, details = _message(stories, event), event.details
    stories.looks[event.received_at, event.tenant, event.message] = look_story(event)
    story.verdict, story.score = details.get("verdict"), details.get("score")
    story.subject = details.get("subject") or story.subject
    story.message_id = details.get("message_id") or story.message_id
    story.add_terms(look_terms(details))
    if details.get(RECORD):
        stories.mail.append(MailStory(event.received_at, event.tenant, event.message, details[RECORD]))
    if details.get(FEATURES):
        stories.features.append(_feature(event, details[FEATURES]))
    for copy in details.get("copies", ()):
        targets = copy.get("deliver_to") if copy.get("additional") else None
        for address in targets or copy.get("recipients", ()):
            story.add_terms(domain_terms(copy.get("direction"), story.sender or "", [address]))
            recipient = _recipient(stories, event, address)
            recipient.disposition, recipient.place = copy.get("disposition"), copy.get("place")
    for report in details.get("facts", {}).get("tls_reports", ()):
        _reported(stories, event, report)


def _feature(event: OutboxEvent, kept: str | dict[str, Any]) -> FeatureStory:
    key = (event.received_at, event.tenant, event.message)
    if isinstance(kept, str):
        return FeatureStory(*key, signed_digests(base64.b64decode(kept)))
    digests = signed_digests(base64.b64decode(kept["digests"]))
    return FeatureStory(*key, digests, tuple(kept["names"]), kept["subject"])


def _reported(stories: Stories, event: OutboxEvent, report: dict[str, Any]) -> None:
    """Take the policies of one TLS report; those of other tenants' domains were left out by who read it."""
    for policy in report.get("policies", ()):
        stories.tls_reports.append(
            TlsReportStory(
                tenant=event.tenant,
                message=event.message,
                received_at=event.received_at,
                organization=report["organization"],
                contact=report["contact"],
                report=report["id"],
                began=report["began"],
                ended=report["ended"],
                signed_by=report["signed_by"],
                domain=policy["domain"],
                policy=policy["type"],
                successful=policy["successful"],
                failed=policy["failed"],
                failures=policy["failures"],
            )
        )


def _attempted(stories: Stories, event: OutboxEvent) -> None:
    details = event.details
    for address in event.recipients:
        story = _recipient(stories, event, address)
        story.attempts += 1
        story.reply, story.remote = details.get("reply"), details.get("host") or details.get("ip")
    if event.kind is EventKind.DELIVERED:
        _end(stories, event, event.recipients, Place.DELIVERED)
    elif event.kind is EventKind.BOUNCED:
        _end(stories, event, event.recipients, Place.BOUNCED)


def _quarantined(stories: Stories, event: OutboxEvent) -> None:
    _end(stories, event, event.recipients, Place.QUARANTINED)
    identity = UUID(event.details["id"])
    stories.quarantined[identity] = QuarantineStory(
        id=identity,
        tenant=event.tenant,
        message=event.message,
        addresses=tuple(fold(address) for address in event.recipients),
        reason=event.details.get("reason", ""),
        quarantined_at=event.at,
        expires_at=event.details["expires_at"],
    )


def _left(stories: Stories, event: OutboxEvent) -> None:
    identity = event.details.get("id")
    if identity:
        stories.left[UUID(identity)] = QuarantineLeft(UUID(identity), event.at, event.kind.value)
    elif part_of := event.details.get("part_of"):
        gone = tuple(fold(address) for address in event.recipients)
        stories.narrowed.append(QuarantineNarrowed(UUID(part_of), gone))
    if event.kind is not EventKind.RELEASED:
        _end(stories, event, event.recipients, Place.DELETED)
        return
    for address in event.recipients:
        story = _recipient(stories, event, address)
        story.place, story.disposition = Place.READY.value, "deliver"


def _convicted(stories: Stories, event: OutboxEvent) -> None:
    cause = str((event.details.get("lazaretto") or {}).get("cause", ""))
    stories.malware.append(MalwareStory(event.tenant, event.message, cause, event.at, event.details))


def signed_digests(octets: bytes) -> tuple[int, ...]:
    """Return digests of eight octets each as the numbers that PostgreSQL keeps."""
    return struct.unpack(f"!{len(octets) // DIGEST}q", octets[: len(octets) // DIGEST * DIGEST])


def _held(stories: Stories, event: OutboxEvent) -> None:
    for address in event.recipients:
        _recipient(stories, event, address).place = Place.HELD.value


def _ip(text: object) -> str | None:
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError:
        return None


_TELLERS: dict[EventKind, Callable[[Stories, OutboxEvent], None]] = {
    EventKind.RECEIVED: _received,
    EventKind.SCANNED: _scanned,
    EventKind.REFUSED: _refused,
    EventKind.DELIVERED: _attempted,
    EventKind.DEFERRED: _attempted,
    EventKind.BOUNCED: _attempted,
    EventKind.QUARANTINED: _quarantined,
    EventKind.RELEASED: _left,
    EventKind.DELETED: _left,
    EventKind.EXPIRED: _left,
    EventKind.HELD: _held,
    EventKind.CONVICTED: _convicted,
}
