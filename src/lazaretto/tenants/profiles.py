"""What holds where a document says nothing: the profiles that a tenant chooses from.

``annex-1`` is what the models have as defaults, so it says nothing here.  The others say only where
they differ from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lazaretto.tenants.choices import Profile

PROFILES: Final[Mapping[Profile, Mapping[str, Any]]] = {
    Profile.ANNEX_1: {},
    Profile.STANDARD: {
        "antispam": {"spam": "quarantine", "thresholds": {"bulk": "4.5"}},
        "impersonation": {"own_domains": "quarantine"},
    },
    Profile.STRICT: {
        "antispam": {
            "spam": "quarantine",
            "bulk": "quarantine",
            "sensitivity": "strict",
            "thresholds": {"bulk": "4.0"},
        },
        "impersonation": {"own_domains": "quarantine"},
        "outbound": {
            "spam": "quarantine",
            "rates": {"external_per_hour": 400, "internal_per_hour": 800, "per_day": 800},
        },
    },
}


def with_profile(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of a document over those of the profile that it names.

    An unknown profile is left for the model to complain about.
    """
    try:
        profile = PROFILES[Profile(given.get("profile", Profile.ANNEX_1.value))]
    except (ValueError, TypeError):
        return dict(given)
    return _over(profile, given)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(above)
    for key, value in below.items():
        own = above.get(key)
        if key not in above:
            both[key] = value
        elif isinstance(value, Mapping) and isinstance(own, Mapping):
            both[key] = _over(value, own)
    return both
