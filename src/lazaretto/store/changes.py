"""What differs between two documents, as the audit tells it."""

from __future__ import annotations

from typing import Any, Final

from lazaretto.store.sections import parts_of
from lazaretto.tenants.document import TenantDocument

MOST_TOLD: Final = 100
"""Entries of a list that are told one by one."""


def changed_parts(
    before: TenantDocument | None, after: TenantDocument | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts that differ, as JSON values, before and after."""
    old, new = parts_of(before), parts_of(after)
    changed = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
    told = {key: _difference(old.get(key), new.get(key)) for key in changed}
    return {key: told[key][0] for key in changed}, {key: told[key][1] for key in changed}


def _difference(before: Any, after: Any) -> tuple[Any, Any]:
    """Return what to tell of a part that changed: of long lists only the entries that come or go."""
    longest = max(len(each) if isinstance(each, list) else 0 for each in (before, after))
    if longest <= MOST_TOLD:
        return before, after
    old, new = before or [], after or []
    kept_old, kept_new = set(map(repr, old)), set(map(repr, new))
    gone = [each for each in old if repr(each) not in kept_new]
    come = [each for each in new if repr(each) not in kept_old]
    return (
        {"entries": len(old), "removed": len(gone), "some": gone[:MOST_TOLD]},
        {"entries": len(new), "added": len(come), "some": come[:MOST_TOLD]},
    )
