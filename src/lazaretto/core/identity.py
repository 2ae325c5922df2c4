"""Identities: message ids that sort by time, and the numbers of tenants.

A message id is a UUID version 7 (RFC 9562 §5.7): its first 48 bits are milliseconds since 1970, so
rows that arrive together lie together and the hour of a message can be read off its id.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

MessageId = NewType("MessageId", UUID)
"""The id in our ``250 2.0.0 Queued as <id>``; one per SMTP transaction, shared by its tenants."""

TenantId = NewType("TenantId", int)
"""The number of a tenant in every key of every table; never shown to people, never reused."""

PLATFORM = TenantId(0)
"""Stands for the platform itself where something is nobody's: its own keys and reports."""


def new_message_id(at: datetime | None = None) -> MessageId:
    """Return an id that is unique everywhere and later ones sort after earlier ones (to the ms).

    ``at`` stands in place of now.
    """
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1_000)
    entropy = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (entropy >> 68 & 0xFFF) << 64 | 0b10 << 62 | entropy & (1 << 62) - 1
    return MessageId(UUID(int=value))


def created_at(identity: UUID) -> datetime:
    """Return the moment (UTC, to the ms) at which a version 7 id was made."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, tz=UTC)
