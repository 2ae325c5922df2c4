"""More mail than one sender, or one kind of message, may be: which limit it passed and what is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from lazaretto.core.identity import TenantId


class ExcessAction(Enum):
    """What becomes of mail beyond a limit; it is told in any case."""

    LOG = "log"
    """It goes on; the trace and the administrators are told."""
    DEFER = "defer"
    """It is answered 4xx and so waits at the sending server."""
    HOLD = "hold"
    """It is taken and kept back until somebody releases or deletes it; given back at the end."""


class SendingLimit(Enum):
    """What is counted."""

    EXTERNAL = "external-per-hour"
    """Recipients outside the organisation to whom one sender writes within an hour."""
    INTERNAL = "internal-per-hour"
    """Recipients in the organisation to whom one sender writes within an hour."""
    DAY = "per-day"
    """All recipients to whom one sender writes within a day."""
    SIMILAR = "similar-messages"
    """Copies of messages that are alike, within an hour."""
    PLATFORM_SENDER = "platform-per-sender"
    """Recipients outside to whom one sender writes within an hour; the operator's bound."""
    PLATFORM_TENANT = "platform-per-tenant"
    """Recipients outside to whom all senders of a tenant write within an hour; the operator's bound."""

    @property
    def is_platforms(self) -> bool:
        """Whether the operator set it, and the tenant cannot raise it."""
        return self in (SendingLimit.PLATFORM_SENDER, SendingLimit.PLATFORM_TENANT)

    @property
    def is_of_all_senders(self) -> bool:
        """Whether it is one count for the whole tenant, whoever sends."""
        return self is SendingLimit.PLATFORM_TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingLimits:
    """How much one sender of a tenant may send, in recipients; 0 = as much as it likes."""

    external_per_hour: int = 500
    internal_per_hour: int = 1_000
    per_day: int = 1_000
    action: ExcessAction = ExcessAction.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """The limit that a message went beyond."""

    limit: SendingLimit
    counted: int
    """With this message."""
    allowed: int
    is_held: bool = False
    """Its copies are kept back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted under one subject of a tenant within one hour of the clock."""

    tenant: TenantId
    subject: str
    hour: datetime
    amount: int
