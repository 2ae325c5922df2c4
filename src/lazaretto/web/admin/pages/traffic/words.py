"""Words of the mail path, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from lazaretto.spool.leaving import TO_FIRST, TO_RECIPIENTS
from lazaretto.spool.release_targets import PREDEFINED

VERDICTS: Final[Mapping[str, Any]] = {
    "clean": _("Clean"),
    "bulk": _("Bulk mail"),
    "spam": _("Spam"),
    "phishing": _("Phishing"),
    "malware": _("Malware"),
    "violation": _("Against data rules"),
    "unscannable": _("Could not be looked into"),
}
PLACES: Final[Mapping[str, Any]] = {
    "received": _("Received"),
    "scanning": _("Being checked"),
    "held": _("On hold"),
    "ready": _("On its way"),
    "delivering": _("Being delivered"),
    "delivered": _("Delivered"),
    "bounced": _("Returned to sender"),
    "quarantined": _("In quarantine"),
    "deleted": _("Deleted"),
    "refused": _("Refused"),
}
DISPOSITIONS: Final[Mapping[str, Any]] = {
    "deliver": _("Deliver"),
    "redirect": _("Redirect"),
    "quarantine": _("Quarantine"),
    "delete": _("Delete"),
    "reject": _("Refuse"),
}
DIRECTIONS: Final[Mapping[str, Any]] = {
    "mail": _("Inbound and outbound"),
    "inbound": _("Inbound"),
    "outbound": _("Outbound"),
    "internal": _("Our own notices"),
}
REASONS: Final[Mapping[str, Any]] = {
    "spam": _("Spam"),
    "bulk": _("Bulk mail"),
    "phishing": _("Phishing"),
    "certain-phishing": _("Certain phishing"),
    "malware": _("Malware"),
    "suspected": _("Suspected malware"),
    "unscannable": _("Could not be looked into"),
    "impersonation": _("Impersonation"),
    "policy": _("A rule of yours"),
    "refused": _("Would have been refused"),
    "violation": _("Against data rules"),
}
EVENTS: Final[Mapping[str, Any]] = {
    "received": _("Received"),
    "scanned": _("Checked"),
    "refused": _("Refused"),
    "held": _("Put on hold"),
    "quarantined": _("Put into quarantine"),
    "released": _("Released"),
    "ready": _("On its way"),
    "delivered": _("Delivered"),
    "deferred": _("Not accepted yet; tried again later"),
    "bounced": _("Returned to sender"),
    "deleted": _("Deleted"),
    "expired": _("Deleted after its time in quarantine"),
    "rerouted": _("Sent to other hosts"),
    "retried": _("Tried again by hand"),
    "given_up": _("Given up by hand"),
    "notified": _("Notice sent"),
    "convicted": _("Malware found"),
    "requested": _("Release asked for"),
    "approved": _("Release approved"),
    "denied": _("Release denied"),
}
OUTCOMES: Final[Mapping[str, Any]] = {
    "released": _("Released"),
    "deleted": _("Deleted"),
    "expired": _("Had expired before"),
    "needs approval": _("Needs a second person"),
    "looking": _("Asked for; being looked at again"),
    "waiting": _("Waits for a second person"),
    "approved": _("Approved"),
    "denied": _("Denied"),
    "gone": _("Had left the quarantine before"),
    "missing": _("Not there any more"),
}
RESULTS: Final[Mapping[str, Any]] = {
    "pass": _("passed"),
    "fail": _("failed"),
    "softfail": _("failed softly"),
    "neutral": _("neutral"),
    "none": _("nothing published"),
    "policy": _("not accepted"),
    "temperror": _("could not be asked"),
    "permerror": _("published wrongly"),
}
COLOURS: Final[Mapping[str, str]] = {
    "spam": "warning",
    "bulk": "secondary",
    "phishing": "danger",
    "malware": "danger",
    "violation": "warning",
    "unscannable": "warning",
    "clean": "success",
    "delivered": "success",
    "quarantined": "warning",
    "refused": "danger",
    "deleted": "danger",
    "bounced": "danger",
}


TARGETS: Final[Mapping[str, Any]] = {
    TO_RECIPIENTS: _("All their recipients"),
    TO_FIRST: _("The first recipient of each only"),
    PREDEFINED: _("The address that your settings name"),
}
"""Where released copies go, where it is no address."""


def word(words: Mapping[str, Any], name: str | None) -> Any:
    """Return what people read for ``name``; the name itself where nobody gave it words."""
    return "" if not name else words.get(name, name)


def choices(words: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return ``words`` as choices of a filter."""
    return tuple(words.items())
