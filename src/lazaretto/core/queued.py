"""Work that waits in the spool: leases, copies on their way out, and what became of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from lazaretto.core.decision import Splice
from lazaretto.core.envelope import Direction, Tls, TlsRecord
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.reply import Reply


class QueueKind(Enum):
    """What is to be done with a queued row."""

    DELIVER = "deliver"
    SCAN = "scan"
    """Accepted without a look; look, judge, then move on."""
    HOLD = "hold"
    """Keep it back; it goes on when it is released, or when it is due."""
    EXCESS = "excess"
    """Keep it back as too much of its like was sent; it goes on when it is released, or back when due."""
    BOUNCE = "bounce"
    """Give it up without another try and tell the sender."""
    DELAY_NOTICE = "delaydsn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one queue row; ``attempt`` is the fencing token."""

    tenant: TenantId
    message: MessageId
    row: int
    attempt: int


class ContentKind(Enum):
    """Where octets rest."""

    INLINE = "inline"
    FILE = "file"
    S3 = "s3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRef:
    """What it takes to read a message's octets again."""

    tenant: TenantId
    message: MessageId
    kind: ContentKind
    reference: str
    """File name or object key; empty for inline."""
    wrapped_key: bytes
    key_version: int
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRecipient:
    """One recipient of a queued copy."""

    number: int
    address: str
    """As the sender wrote it."""
    deliver_to: str
    """Where it goes; the same unless redirected."""
    notify: tuple[str, ...] = ()
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCopy:
    """One copy that is to be delivered to recipients at one destination."""

    lease: Lease
    kind: QueueKind
    destination: str
    """The lower-case domain that all ``deliver_to`` share; ``delivery.routing`` finds its hosts."""
    direction: Direction
    reverse_path: str
    recipients: tuple[QueuedRecipient, ...]
    received_at: datetime
    expires_at: datetime
    """When retrying ends and the sender is told."""
    failures: int = 0
    """Attempts that ended in a deferral so far."""
    eight_bit: bool = False
    smtputf8: bool = False
    envid: str = ""
    ret: str = ""
    trace_header: bytes = b""
    """Goes on top of every copy; CRLF lines."""
    splices: tuple[Splice, ...] = ()
    content: ContentRef
    return_path_trusted: bool = False
    """A DSN may go to the reverse path; otherwise administrators see "undeliverable" instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A destination or a host that does not answer."""

    name: str
    failures: int
    """In a row; 0 = it answers."""
    until: datetime
    """When it is called again."""


SILENCES_KEPT: Final = timedelta(days=1)
"""How long they are remembered that were over by themselves: whoever answers after all ends them."""


class Outcome(Enum):
    """How an attempt ended for one recipient."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """The host that answered."""

    host: str = ""
    ip: str = ""
    port: int = 0
    tls: Tls | None = None
    channel: TlsRecord | None = None
    """None when no conversation came about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientOutcome:
    """What one attempt came to for one recipient."""

    number: int
    outcome: Outcome
    reply: Reply
    """The remote's own, or ours about it (``451 4.4.1 connection timed out``)."""
    remote: Remote = Remote()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMessage:
    """A message of our own making (DSN, notification) that enters the spool like any other."""

    id: MessageId
    """Deterministic where twice must be once (uuid5 of what it is about)."""
    tenant: TenantId
    reverse_path: str
    recipients: tuple[str, ...]
    octets: bytes
    subject: str = ""
    message_id: str = ""
    about: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one attempt, to be written in one transaction."""

    lease: Lease
    at: datetime
    outcomes: tuple[RecipientOutcome, ...]
    """One for each recipient of the row."""
    next_at: datetime | None
    """When the deferred ones are tried again; None when none is deferred."""
    composed: tuple[ComposedMessage, ...] = ()
    """DSNs that this outcome causes."""
