"""The tenant's own list of senders who may use its names and look-alike domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

APPROVED_OPTION: Final = "impersonation.approved"
"""Option of a tenant: addresses and domains, separated by spaces or commas."""


def approved_impersonators(options: Mapping[str, str]) -> frozenset[str]:
    """Return the addresses and domains that the tenant named, folded."""
    return frozenset(options.get(APPROVED_OPTION, "").lower().replace(",", " ").split())
