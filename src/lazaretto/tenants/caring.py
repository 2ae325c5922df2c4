"""Lists that clean themselves: which entries of a document are over, and which trials have behaved.

Pure.  Since when an entry stands there is kept outside of the document, so that applying the same
document again and again lets no entry live for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from lazaretto.core.address import fold
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import SenderEntry
from lazaretto.tenants.services.list_care import ListCare
from lazaretto.tenants.trials import OnTrial, trials_in

_LISTS = ("approved_senders", "blocked_senders")


class Listed(NamedTuple):
    """An entry of a list, or something on trial, by what it is known."""

    list: str
    """``approved_senders``, ``blocked_senders``; ``trial rules`` and the like for what is on trial."""
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the entries of a document besides itself."""

    since: Mapping[Listed, datetime]
    last_used: Mapping[str, datetime]
    """By the entry, folded; one that was never used is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """An entry that is over, and why."""

    listed: Listed
    why: str


def listed_in(document: TenantDocument) -> Iterator[Listed]:
    """Yield every entry of senders' lists that ends by its age, and everything that is on trial."""
    care = ListCare.of(document)
    ages = (care.approved_end_after_days or care.unused_end_after_days, care.blocked_end_after_days)
    for key, days in zip(_LISTS, ages, strict=True):
        for entry in getattr(document, key) if days else ():
            if entry.expires is None:
                yield Listed(key, entry.entry)
    yield from map(_tried, trials_in(document))


def _tried(trial: OnTrial) -> Listed:
    return Listed(f"trial {trial.kind}", trial.name)


def over(document: TenantDocument, known: Known, now: datetime) -> list[Over]:
    """Return the entries that are over at ``now``, in the order of the document."""
    care = ListCare.of(document)
    found = []
    for key, days in zip(_LISTS, (care.approved_end_after_days, care.blocked_end_after_days), strict=True):
        unused = care.unused_end_after_days if key == "approved_senders" else 0
        for entry in getattr(document, key):
            listed = Listed(key, entry.entry)
            if why := _why_over(entry, known, known.since.get(listed, now), now, days, unused):
                found.append(Over(listed=listed, why=why))
    return found


def _why_over(
    entry: SenderEntry, known: Known, since: datetime, now: datetime, days: int, unused: int
) -> str:
    if entry.expires is not None:
        return f"ended on {entry.expires}" if entry.expires < now.date() else ""
    if days and now - since >= timedelta(days=days):
        return f"stood for {days} days"
    used = max(since, known.last_used.get(fold(entry.entry), since))
    if unused and now - used >= timedelta(days=unused):
        return f"was not used for {unused} days"
    return ""


def without(document: TenantDocument, gone: list[Over]) -> TenantDocument:
    """Return ``document`` without the entries that are over."""
    names = {each.listed for each in gone}
    kept = {
        key: tuple(each for each in getattr(document, key) if Listed(key, each.entry) not in names)
        for key in _LISTS
    }
    return document.model_copy(update=kept)


def behaved(document: TenantDocument, known: Known, disputes: int, now: datetime) -> list[OnTrial]:
    """Return what has been on trial for long enough; nothing where too many hits were disputed."""
    care = ListCare.of(document)
    if not care.propose_trials or disputes > care.trial_disputes:
        return []
    enough = timedelta(days=care.trial_days)
    return [each for each in trials_in(document) if now - known.since.get(_tried(each), now) >= enough]
