"""Mail that was turned away at the door: remembered, so that nobody has to guess what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lazaretto.core.envelope import Client, Direction
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refused recipient (before DATA) or session; refused messages have a ``Submission``."""

    id: MessageId
    at: datetime
    tenant: TenantId | None
    """None when no tenant is concerned (relaying denied): for operators only."""
    direction: Direction
    client: Client
    reverse_path: str
    recipient: str
    stage: str
    """``connect``, ``mail``, ``rcpt`` or ``data``."""
    reply: Reply
    reason: str
    """The truth for our own people, where the reply is general: ``not on the validation list``."""
    tls_policy: str = "opportunistic"
    """What its tenant demands of the channel."""
