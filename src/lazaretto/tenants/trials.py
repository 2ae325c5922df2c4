"""What is on trial in a document: rules, entries of lists and limits that are recorded and never act."""

from __future__ import annotations

from typing import Any

from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import Thresholds

_LISTS = ("rules", "approved_senders", "blocked_senders")


def has_trials(document: TenantDocument) -> bool:
    """Tell whether anything is on trial."""
    listed = any(each.shadow for key in _LISTS for each in getattr(document, key))
    return listed or document.antispam.shadow_thresholds != Thresholds()


def without_trials(document: TenantDocument) -> TenantDocument:
    """Return the document as it acts."""
    if not has_trials(document):
        return document
    kept = {key: tuple(each for each in getattr(document, key) if not each.shadow) for key in _LISTS}
    return document.model_copy(update={**kept, "antispam": _limits(document, {})})


def promoted(document: TenantDocument) -> TenantDocument:
    """Return the document in which everything that was on trial acts."""
    if not has_trials(document):
        return document
    acting = {
        key: tuple(
            each.model_copy(update={"shadow": False}) if each.shadow else each
            for each in getattr(document, key)
        )
        for key in _LISTS
    }
    tried = document.antispam.shadow_thresholds.model_dump(exclude_none=True)
    return document.model_copy(update={**acting, "antispam": _limits(document, tried)})


def _limits(document: TenantDocument, tried: dict[str, float]) -> Any:
    antispam = document.antispam
    limits = antispam.thresholds.model_copy(update=tried)
    return antispam.model_copy(update={"thresholds": limits, "shadow_thresholds": Thresholds()})
