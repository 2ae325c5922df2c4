"""The journal's events: past participles, one for each move or fact worth telling."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

from lazaretto.core.identity import MessageId, TenantId


class EventKind(Enum):
    """What happened."""

    RECEIVED = "received"
    """The client was told 250; carries envelope, client and sizes."""
    SCANNED = "scanned"
    """Looked at and judged; carries verdict, findings, facts, versions and timings."""
    REFUSED = "refused"
    """The client was told 5xx (or 4xx where ``temporary``); carries the reply."""
    HELD = "held"
    """Kept back until a time: by an operator, or as a sender sends too much."""
    EXCEEDED = "exceeded"
    """It went beyond a limit of what may be sent, and goes on."""
    QUARANTINED = "quarantined"
    RELEASED = "released"
    READY = "ready"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    DELETED = "deleted"
    EXPIRED = "expired"
    REROUTED = "rerouted"
    RETRIED = "retried"
    """An operator had it tried before its time."""
    GIVEN_UP = "given_up"
    """An operator ended the tries; the sender is told next."""
    NOTIFIED = "notified"
    CONVICTED = "convicted"
    """Malware was found in it, at once or afterwards; carries the detailed malware event."""
    REQUESTED = "requested"
    """Somebody asked for its release."""
    APPROVED = "approved"
    DENIED = "denied"


FEATURES: Final = "features"
"""Key of a SCANNED event's details under which ``KeptTraits`` travel.

An earlier version wrote digests alone, in base64.
"""


RECORD: Final = "record"
"""Key of a SCANNED event's details that holds the detailed record of safe mail, where it is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to some copies of a message.

    ``details`` holds JSON values only; names of its keys are documented in
    ``docs/reference/events.md``.
    """

    kind: EventKind
    at: datetime
    tenant: TenantId
    message: MessageId
    recipients: tuple[str, ...] = ()
    """The recipients it is about; empty means all of the message's."""
    details: dict[str, Any] = field(default_factory=dict)
