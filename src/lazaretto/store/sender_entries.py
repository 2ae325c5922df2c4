"""One sender put on a list of a tenant: what the document would say, and saying it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts, tenancy
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import export_document
from lazaretto.tenants.placing import document_of, placed, plain_of
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied


class SenderList(Enum):
    """A list of senders, under its name in the document."""

    APPROVED = "approved_senders"
    BLOCKED = "blocked_senders"

    @property
    def other(self) -> SenderList:
        """Return the list that says the opposite."""
        return SenderList.BLOCKED if self is SenderList.APPROVED else SenderList.APPROVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An entry that somebody wants."""

    list: SenderList
    entry: str
    """An address, or a domain with all below it."""
    reason: str
    expires: date | None
    """The last day on which it counts; None = until it is removed."""


def imagined(scope: Scope, wish: Wish) -> str:
    """Return the document with the wish granted; nothing is published.

    Raises ``ConfigurationError`` where the entry cannot be used, or the other list would win.
    """
    scope.demand(Area.LISTS, Right.EDIT)
    scope.demand_all_domains()
    tree = plain_of(tenancy.in_force(scope).text)
    return export_document(document_of(placed(tree, {(wish.list.value,): _entries(tree, wish)})))


def grant(scope: Scope, wish: Wish) -> Applied | Proposal:
    """Put the entry on its list, in force at once; an entry that is there is replaced.

    Where changes need a second person it is proposed instead.
    """
    scope.demand(Area.LISTS, Right.EDIT)
    scope.demand_all_domains()
    tree = plain_of(tenancy.whole(scope).text)
    values: dict[tuple[str, ...], Any] = {(wish.list.value,): _entries(tree, wish)}
    return drafts.change_now(scope, values, note=wish.reason or f"{wish.entry}: {wish.list.value}")


def _entries(tree: dict[str, Any], wish: Wish) -> list[Any]:
    if wish.list is SenderList.APPROVED:
        blocking = [
            each for each in map(_named, tree.get(wish.list.other.value) or ()) if _covers(each, wish)
        ]
        if blocking:
            raise ConfigurationError(
                f"{blocking[0]} is on the list of blocked senders, which wins over an approval;"
                " remove it there"
            )
    entry: dict[str, Any] = {"entry": wish.entry}
    if wish.reason:
        entry["reason"] = wish.reason
    if wish.expires is not None:
        entry["expires"] = wish.expires.isoformat()
    kept = [each for each in tree.get(wish.list.value) or () if fold(_named(each)) != fold(wish.entry)]
    return [*kept, entry]


def _named(entry: Any) -> str:
    return str(entry["entry"] if isinstance(entry, dict) else entry)


def _covers(entry: str, wish: Wish) -> bool:
    domain = domain_of(wish.entry) or wish.entry
    return fold(entry) == fold(wish.entry) or entry == domain or domain.endswith(f".{entry}")
