"""The tenant's own list of senders who may use its names and look-alike domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

APPROVED_OPTION: Final = "impersonation.approved"
"""Option of a tenant: addresses and domains, separated by spaces or commas.

They count for every method.  Those of ``impersonation.approved.user_names`` and the like, by the names of
the methods in the section ``impersonation``, count for that method only.
"""


def approved_impersonators(options: Mapping[str, str], method: str) -> frozenset[str]:
    """Return the addresses and domains that the tenant named for ``method``, or for all, folded."""
    named = f"{options.get(APPROVED_OPTION, '')} {options.get(f'{APPROVED_OPTION}.{method}', '')}"
    return frozenset(named.lower().replace(",", " ").split())
