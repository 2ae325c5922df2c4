"""What is on trial in a document: rules, entries of lists and limits that are recorded and never act."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import Thresholds

_LISTS: Final = ("rules", "approved_senders", "blocked_senders")
_THRESHOLDS: Final = "thresholds"


class OnTrial(NamedTuple):
    """One thing on trial."""

    kind: str
    """``rules``, ``approved_senders``, ``blocked_senders`` or ``thresholds``."""
    name: str
    """The rule's name, the entry, or class and limit: ``spam 4.5``."""

    @property
    def words(self) -> str:
        """``rules: no programs``."""
        return f"{self.kind}: {self.name}"


def trials_in(document: TenantDocument) -> Iterator[OnTrial]:
    """Yield everything on trial, in the order of the document."""
    for key in _LISTS:
        for each in getattr(document, key):
            if each.shadow:
                yield OnTrial(key, _name(each))
    for name, limit in _tried_limits(document).items():
        yield OnTrial(_THRESHOLDS, f"{name} {limit}")


def has_trials(document: TenantDocument) -> bool:
    """Tell whether anything is on trial."""
    return next(trials_in(document), None) is not None


def without_trials(document: TenantDocument) -> TenantDocument:
    """Return the document as it acts."""
    if not has_trials(document):
        return document
    kept = {key: tuple(each for each in getattr(document, key) if not each.shadow) for key in _LISTS}
    return document.model_copy(update={**kept, "antispam": _limits(document, {}, Thresholds())})


def promoted(document: TenantDocument, only: Collection[OnTrial] | None = None) -> TenantDocument:
    """Return the document in which what was on trial acts: all of it, or ``only`` some."""
    chosen = set(trials_in(document))
    if only is not None:
        chosen &= set(only)
    if not chosen:
        return document
    acting = {
        key: tuple(
            each.model_copy(update={"shadow": False}) if OnTrial(key, _name(each)) in chosen else each
            for each in getattr(document, key)
        )
        for key in _LISTS
    }
    tried = _tried_limits(document)
    act = {name: limit for name, limit in tried.items() if OnTrial(_THRESHOLDS, f"{name} {limit}") in chosen}
    left = Thresholds(**{name: limit for name, limit in tried.items() if name not in act})
    return document.model_copy(update={**acting, "antispam": _limits(document, act, left)})


def _name(each: Any) -> str:
    return str(getattr(each, "name", None) or each.entry)


def _tried_limits(document: TenantDocument) -> dict[str, float]:
    return document.antispam.shadow_thresholds.model_dump(exclude_none=True)


def _limits(document: TenantDocument, acting: dict[str, float], left: Thresholds) -> Any:
    antispam = document.antispam
    limits = antispam.thresholds.model_copy(update=acting)
    return antispam.model_copy(update={"thresholds": limits, "shadow_thresholds": left})
