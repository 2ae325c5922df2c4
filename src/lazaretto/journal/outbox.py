"""Events on their way to the trace: rows of the outbox, written with the move that they tell of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.db.json_text import json_text


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvent:
    """An event as the outbox holds it."""

    kind: EventKind
    at: datetime
    tenant: int
    message: UUID
    received_at: datetime
    """When its message was received: the trace is partitioned by that day."""
    recipients: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def event(self) -> Event:
        """The event itself."""
        return Event(
            kind=self.kind,
            at=self.at,
            tenant=TenantId(self.tenant),
            message=MessageId(self.message),
            recipients=self.recipients,
            details=self.details,
        )


_decoder = msgspec.json.Decoder(OutboxEvent)


def payload(event: Event, received_at: datetime) -> bytes:
    """Return ``event`` as JSON that PostgreSQL takes: no NUL, no lone surrogates."""
    held = OutboxEvent(
        kind=event.kind,
        at=event.at,
        tenant=event.tenant,
        message=event.message,
        received_at=received_at,
        recipients=event.recipients,
        details=event.details,
    )
    return json_text(held)


def read_payload(held: bytes | str) -> OutboxEvent:
    """Return what ``payload`` was given."""
    return _decoder.decode(held)
