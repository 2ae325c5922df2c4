"""The validation list as people keep it: searched, changed one by one, and uploaded as a table.

An upload is tried first: what it would add and remove is counted, and a list that would lose a large
share of its addresses is not taken unless somebody says that this is meant.  A half-written file has
cut off more customers than any attack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts, tenancy
from lazaretto.store.removals import is_large_removal
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.address_csv import Mode, read_table
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.placing import UNSAID
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied

_MOST_WRONG: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An address that exists."""

    address: str
    alias_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an upload would do."""

    added: Sequence[str]
    removed: Sequence[str]
    kept: int
    wrong: Sequence[str]
    values: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    """What the document would say."""

    @property
    def is_large_removal(self) -> bool:
        """Tell whether somebody has to say that this is meant."""
        return is_large_removal(len(self.removed), len(self.removed) + self.kept)


def registered(scope: Scope, document: TenantDocument) -> Iterable[Registered]:
    """Yield the addresses and aliases that the scope reaches, in order."""
    scope.demand(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
    found = [Registered(address=each) for each in document.addresses]
    found += [Registered(address=alias, alias_of=target) for alias, target in document.aliases.items()]
    found.sort(key=lambda each: each.address)
    return (each for each in found if scope.domains.reach(domain_of(each.address)))


def plan(document: TenantDocument, text: str, mode: Mode) -> Plan:
    """Return what the table in ``text`` would do to ``document``; lines that cannot be used are told.

    Raises ``ConfigurationError`` where it is no table at all.
    """
    table = read_table(text, set(document.domains))
    old = {fold(each): each for each in document.addresses}
    replaces = mode is Mode.REPLACE
    gone = old.keys() - table.addresses.keys() if replaces else set()
    addresses = {**table.addresses, **{key: each for key, each in old.items() if key not in gone}}
    aliases = {**({} if replaces else document.aliases), **table.aliases}
    patterns = set(table.patterns) | (set() if replaces else set(document.address_patterns))
    added = [each for key, each in table.addresses.items() if key not in old]
    added += [alias for alias in aliases if alias not in document.aliases]
    removed = [old[key] for key in gone] + [alias for alias in document.aliases if alias not in aliases]
    values: dict[tuple[str, ...], Any] = {("addresses",): list(addresses.values()) or UNSAID}
    if aliases != dict(document.aliases):
        values["aliases",] = aliases or UNSAID
    if patterns != set(document.address_patterns):
        values["address_patterns",] = sorted(patterns) or UNSAID
    return Plan(
        added=sorted(added),
        removed=sorted(removed),
        kept=len(old) + len(document.aliases) - len(removed),
        wrong=[f"{each.line}: {each.problem}" for each in table.wrong[:_MOST_WRONG]],
        values=values,
    )


def add(scope: Scope, address: str, alias_of: str = "") -> Applied | Proposal:
    """Register one address, or one alias of a registered mailbox, at once."""
    document = drafts.parsed(tenancy.whole(scope).text)
    planned = plan(document, f"{address},{alias_of}", Mode.MERGE)
    if planned.wrong:
        raise ConfigurationError(planned.wrong[0].partition(": ")[2])
    if not planned.added:
        raise ConfigurationError(f"{address} is registered already")
    return drafts.change_now(scope, planned.values, note=f"{address} is registered")


def remove(scope: Scope, addresses: Sequence[str]) -> Applied | Proposal:
    """Take addresses off the list, with the aliases that lead to them, at once."""
    document = drafts.parsed(tenancy.whole(scope).text)
    gone = {fold(each) for each in addresses}
    kept = [each for each in document.addresses if fold(each) not in gone]
    aliases = {
        alias: to
        for alias, to in document.aliases.items()
        if fold(alias) not in gone and fold(to) not in gone
    }
    values: dict[tuple[str, ...], Any] = {("addresses",): kept or UNSAID, ("aliases",): aliases or UNSAID}
    first = addresses[0] if len(addresses) == 1 else f"{len(addresses)} addresses"
    return drafts.change_now(scope, values, note=f"{first} removed")
