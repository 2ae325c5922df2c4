"""What an extension says about itself; portal, documentation and runner read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from lazaretto.core.findings import Symbol


class Service(Enum):
    """A line of the service description; what customers order, configure and read reports about."""

    ANTIMALWARE = "antimalware"
    ANTISPAM = "antispam"
    AUTHENTICATION = "authentication"
    IMPERSONATION_CONTROL = "impersonation-control"
    DATA_PROTECTION = "data-protection"
    IMAGE_CONTROL = "image-control"


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
