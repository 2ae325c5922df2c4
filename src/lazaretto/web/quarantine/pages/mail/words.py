"""What the pages call reasons, risks and rights, in words that everybody knows."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from lazaretto.core.end_users import CERTAIN_PHISHING
from lazaretto.store.own_mail import Risk

REASONS: Final[dict[str, Any]] = {
    "spam": _("Unwanted advertising (spam)"),
    "bulk": _("Newsletter or mass mailing"),
    "phishing": _("Tries to get at passwords or money (phishing)"),
    CERTAIN_PHISHING: _("Certainly tries to get at passwords or money (phishing)"),
    "impersonation": _("The sender may be somebody else than it says"),
    "policy": _("Held by a rule of your organisation"),
    "unscannable": _("Could not be checked, because it is encrypted or damaged"),
    "malware": _("Contains malware"),
    "suspected": _("May contain malware"),
    "refused": _("Held by a rule of your organisation"),
}
RISKS: Final[dict[Risk, Any]] = {
    Risk.LOW: _("Low risk"),
    Risk.RAISED: _("Be careful"),
    Risk.HIGH: _("Dangerous"),
}
ADVICE: Final[dict[Risk, Any]] = {
    Risk.LOW: _("If you were expecting this message, you can have it delivered."),
    Risk.RAISED: _(
        "Have it delivered only if you can tell from something else than this message who sent it."
    ),
    Risk.HIGH: _(
        "Do not follow its links, do not answer it, and do not open its files. If you think that this is a "
        "mistake, ask your administrators."
    ),
}


def reason(key: str) -> Any:
    """Return the words for a quarantine reason."""
    return REASONS.get(key, REASONS["policy"])
