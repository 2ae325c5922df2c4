"""What an extension says about itself; portal, documentation and runner read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from lazaretto.core.findings import Symbol


class Service(Enum):
    """A line of the service description; what customers order, configure and read reports about."""

    ANTIMALWARE = "antimalware"
    ANTISPAM = "antispam"
    AUTHENTICATION = "authentication"
    IMPERSONATION_CONTROL = "impersonation-control"
    DATA_PROTECTION = "data-protection"
    IMAGE_CONTROL = "image-control"


class Option(Enum):
    """What customers order besides the base service; what was not ordered is absent everywhere."""

    DATA_PROTECTION = "data-protection"
    """Data rules, image control, enforced TLS, policy-based encryption, impersonation control."""
    ADVANCED_THREATS = "advanced-threats"
    """Sandbox, click-time protection, detailed malware reporting."""
    DIRECTORY_SYNC = "directory-sync"


OPTION_OF: Final[Mapping[Service, Option]] = {
    Service.IMPERSONATION_CONTROL: Option.DATA_PROTECTION,
    Service.DATA_PROTECTION: Option.DATA_PROTECTION,
    Service.IMAGE_CONTROL: Option.DATA_PROTECTION,
}
"""The option that a service belongs to; the others are in the base."""


class OnFailure(Enum):
    """What a detector's crash or time-out means.  It never means "clean"."""

    UNSCANNABLE = "unscannable"
    """Nobody else looks where it looks: the message is unscannable."""
    CARRY_ON = "carry on"
    """Others look as well: the failure is a finding of its own without weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCard:
    """A detector's own words."""

    name: str
    """``family.what``, unique: ``impersonation.display-name``."""
    summary: str
    """One sentence for people, without a full stop."""
    service: Service
    symbols: tuple[Symbol, ...]
    """Every symbol that it can report; each symbol has one owner."""
    on_failure: OnFailure = OnFailure.CARRY_ON
    time_limit: timedelta = timedelta(seconds=5)
    """CPU time that one look may take."""
