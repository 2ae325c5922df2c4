"""What people may do with their own quarantine, and when they are told what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

CERTAIN_PHISHING: Final = "certain-phishing"
"""The quarantine reason of phishing about which there is hardly a doubt."""


class EndUserRight(Enum):
    """What somebody may do with a quarantined copy that is its own."""

    VIEW_HEADER = "view-header"
    DOWNLOAD = "download"
    """No page offers it: a quarantined message leaves by being released, or not at all."""
    ALLOW_SENDER = "allow-sender"
    BLOCK_SENDER = "block-sender"
    REQUEST_RELEASE = "request-release"
    """Ask an administrator for it."""
    RELEASE = "release"
    PREVIEW = "preview"
    DELETE = "delete"
    SEE_WHY = "see-why"
    """Read in words why it was caught."""


class Weekday(Enum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestWanted:
    """When somebody gets a list of what was quarantined, and of what."""

    hours: Mapping[Weekday, tuple[int, ...]] = field(default_factory=dict)
    """Full hours, 0 to 23, in ``time_zone``; no day = no digest."""
    time_zone: str = "UTC"
    reasons: frozenset[str] = frozenset()
    """Quarantine reasons that are listed."""
    language: str = ""
    """``en``, ``fr``, ``nl`` or ``de``; empty = the person's own, or the tenant's."""
    leave_out_blocked: bool = True
    """Say nothing of senders whom the person blocked."""
    welcome: bool = False
    """Greet every registered mailbox once, also one for which nothing is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUserSettings:
    """What holds for some of a tenant's people as owners of quarantined mail."""

    rights: Mapping[str, frozenset[EndUserRight]] = field(default_factory=dict)
    """By quarantine reason; a reason that is not named allows nothing."""
    digest: DigestWanted = field(default_factory=DigestWanted)

    def may(self, right: EndUserRight, reason: str) -> bool:
        """Tell whether the owner of a copy quarantined for ``reason`` has ``right``."""
        return right in self.rights.get(reason, frozenset())
