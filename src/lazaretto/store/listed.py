"""Approved and blocked senders of a tenant, entry by entry, with what each of them did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from lazaretto.core.address import fold
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import drafts, tenancy
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import export_document
from lazaretto.tenants.placing import UNSAID, document_of, placed, plain_of
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.sections import SenderEntry
from lazaretto.tenants.store import Applied
from lazaretto.tenants.values import SenderKind

LISTS: Final = ("approved", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry with what it did."""

    list: str
    """``approved`` or ``blocked``."""
    entry: str
    kind: str
    owner: str
    reason: str
    expires: date | None
    on_trial: bool
    unproven: bool
    hits: int
    last_used: datetime | None


def entries(scope: Scope) -> Iterator[Listed]:
    """Yield every entry in force, approved ones first, each list in its order."""
    scope.demand(Area.LISTS, Right.VIEW_CONFIGURATION)
    path = mail_path()
    document = drafts.parsed(tenancy.whole(scope).text)
    uses = {
        (use.symbol, use.entry): use
        for use in path.wait(path.list_uses.of(scope.of_tenant))
        if not use.mailbox
    }
    for name in LISTS:
        for each in getattr(document, f"{name}_senders"):
            use = uses.get(_key(name, each))
            yield Listed(
                list=name,
                entry=each.entry,
                kind=each.kind.value,
                owner=each.owner,
                reason=each.reason,
                expires=each.expires,
                on_trial=each.shadow,
                unproven=each.unproven,
                hits=use.hits if use else 0,
                last_used=use.last_used if use else None,
            )


def add(scope: Scope, which: str, wanted: dict[str, Any]) -> Applied | Proposal:
    """Put an entry on the list ``which``, in place of one about the same sender.

    Raises ``ConfigurationError`` where it is wrong, or stands on the other list.
    """
    _demand_edit(scope, which)
    try:
        entry = SenderEntry.model_validate({**wanted, "owner": wanted.get("owner") or scope.who.name})
    except ValidationError as failure:
        raise ConfigurationError("; ".join(str(each["msg"]) for each in failure.errors())) from failure
    known = plain_of(tenancy.whole(scope).text)
    other = "blocked" if which == "approved" else "approved"
    if any(_name(each) == entry.entry for each in known.get(f"{other}_senders", ())):
        raise ConfigurationError(f"{entry.entry} stands on the other list; remove it there first")
    kept = [each for each in known.get(f"{which}_senders", ()) if _name(each) != entry.entry]
    written = entry.model_dump(mode="json", exclude_defaults=True)
    return drafts.change_now(
        scope, {(f"{which}_senders",): [*kept, written]}, note=f"{entry.entry} is {which}"
    )


def remove(scope: Scope, which: str, entry: str) -> Applied | Proposal:
    """Take an entry off the list ``which``.  Raises ``ScopeError`` when it is not there."""
    _demand_edit(scope, which)
    path = (f"{which}_senders",)
    return drafts.change_now(scope, {path: _without(scope, which, entry)}, note=f"{entry} is {which} no more")


def text_without(scope: Scope, which: str, entry: str) -> str:
    """Return the document in which the entry is missing, to be tried on past mail."""
    _demand_edit(scope, which)
    tree = plain_of(tenancy.whole(scope).text)
    return export_document(document_of(placed(tree, {(f"{which}_senders",): _without(scope, which, entry)})))


def _without(scope: Scope, which: str, entry: str) -> Any:
    known = plain_of(tenancy.whole(scope).text).get(f"{which}_senders", [])
    kept = [each for each in known if _name(each) != entry.lower()]
    if len(kept) == len(known):
        raise ScopeError("there is no such entry")
    return kept or UNSAID


def _demand_edit(scope: Scope, which: str) -> None:
    scope.demand(Area.LISTS, Right.EDIT)
    scope.demand_all_domains()
    if which not in LISTS:
        raise ScopeError("there is no such list")


def _name(entry: Any) -> str:
    return str(entry.get("entry") if isinstance(entry, dict) else entry).lower()


def _key(name: str, entry: SenderEntry) -> tuple[str, str]:
    kind = "IP" if entry.kind is SenderKind.NETWORK else "ADDRESS"
    spelt = fold(entry.entry) if entry.kind is SenderKind.ADDRESS else entry.entry
    return f"SENDER_{name.upper()}_{kind}", spelt
