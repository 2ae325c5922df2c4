"""Where a copy is on its journey."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """One place; a copy is in exactly one, and every move is an event of the journal."""

    RECEIVED = "received"
    """Accepted, not looked at yet."""
    SCANNING = "scanning"
    HELD = "held"
    """Waits for the sandbox or a person, with a time at which the wait ends."""
    READY = "ready"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        """Tell whether the journey ends here (a quarantined copy may still go on)."""
        return self in _FINAL


_FINAL = frozenset({Place.DELIVERED, Place.BOUNCED, Place.DELETED, Place.REFUSED})
