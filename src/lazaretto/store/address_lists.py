"""The validation list as people keep it: searched, changed one by one, and uploaded as a table.

An upload is tried first: what it would add and remove is counted, and a list that would lose a large
share of its addresses is not taken unless somebody says that this is meant.  A half-written file has
cut off more customers than any attack.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts, tenancy
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.placing import UNSAID
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied
from lazaretto.tenants.values import mail_address

LARGE_SHARE: Final = 0.2
"""Of the addresses that exist; to remove more takes a second word."""
_FEW: Final = 10
"""So many may always go."""
_MOST_WRONG: Final = 50
_HEADS: Final = frozenset({"address", "email", "e-mail", "mail", "adresse", "adres"})


class Mode(Enum):
    """What an upload does with addresses that are not in the file."""

    MERGE = "merge"
    """They stay."""
    REPLACE = "replace"
    """They go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An address that exists."""

    address: str
    alias_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What a table holds."""

    addresses: Sequence[str]
    aliases: Mapping[str, str]
    wrong: Sequence[str] = ()
    """Lines that cannot be used, each with why."""


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


def is_large_removal(removed: int, before: int) -> bool:
    """Tell whether ``removed`` of ``before`` addresses are suspiciously many."""
    return removed > _FEW and removed > before * LARGE_SHARE


def registered(scope: Scope, document: TenantDocument) -> Iterable[Registered]:
    """Yield the addresses and aliases that the scope reaches, in order."""
    scope.demand(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
    found = [Registered(address=each) for each in document.addresses]
    found += [Registered(address=alias, alias_of=target) for alias, target in document.aliases.items()]
    found.sort(key=lambda each: each.address)
    return (each for each in found if scope.domains.reach(domain_of(each.address)))


def read_table(text: str) -> Uploaded:
    """Return what a table of addresses holds: one in a line, and after a comma whose alias it is."""
    addresses: list[str] = []
    aliases: dict[str, str] = {}
    wrong: list[str] = []
    for number, row in enumerate(csv.reader(_lines(text), delimiter=_delimiter(text)), 1):
        cells = [cell.strip() for cell in row]
        if not cells or not cells[0] or cells[0].startswith("#"):
            continue
        if number == 1 and cells[0].lower() in _HEADS:
            continue
        try:
            address = mail_address(cells[0])
            target = mail_address(cells[1]) if len(cells) > 1 and cells[1] else ""
        except ValueError as failure:
            wrong.append(f"{number}: {failure}")
            continue
        if target:
            aliases[address] = target
        else:
            addresses.append(address)
    return Uploaded(addresses=addresses, aliases=aliases, wrong=wrong)


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if ";" in first else "\t" if "\t" in first else ","


def plan(document: TenantDocument, uploaded: Uploaded, mode: Mode, domain: str = "") -> Plan:
    """Return what ``uploaded`` would do to ``document``; with ``domain`` only to its addresses."""
    old = {fold(each): each for each in document.addresses}
    new = {fold(each): each for each in uploaded.addresses}
    wrong = [*uploaded.wrong]
    foreign = [each for each in new.values() if domain_of(each) not in document.domains]
    wrong += [f"{each}: its domain is not among yours" for each in foreign]
    for each in foreign:
        del new[fold(each)]
    within = {key for key, each in old.items() if not domain or domain_of(each) == domain}
    gone = within - new.keys() if mode is Mode.REPLACE else set()
    kept = {key: each for key, each in old.items() if key not in gone}
    aliases = {**document.aliases, **uploaded.aliases}
    if mode is Mode.REPLACE:
        mine = {alias for alias in document.aliases if not domain or domain_of(alias) == domain}
        aliases = {
            alias: to for alias, to in aliases.items() if alias in uploaded.aliases or alias not in mine
        }
    added = [each for key, each in new.items() if key not in old]
    added += [alias for alias in uploaded.aliases if alias not in document.aliases]
    removed = [old[key] for key in gone] + [alias for alias in document.aliases if alias not in aliases]
    everything = {**new, **kept}
    values: dict[tuple[str, ...], Any] = {("addresses",): list(everything.values()) or UNSAID}
    if aliases != dict(document.aliases):
        values["aliases",] = aliases or UNSAID
    return Plan(
        added=sorted(added),
        removed=sorted(removed),
        kept=len(old) + len(document.aliases) - len(removed),
        wrong=wrong[:_MOST_WRONG],
        values=values,
    )


def add(scope: Scope, address: str, alias_of: str = "") -> Applied | Proposal:
    """Register one address, or one alias of a registered mailbox, at once."""
    uploaded = read_table(f"{address},{alias_of}")
    if uploaded.wrong:
        raise ConfigurationError(uploaded.wrong[0].partition(": ")[2])
    document = drafts.parsed(tenancy.whole(scope).text)
    planned = plan(document, uploaded, Mode.MERGE)
    if planned.wrong:
        raise ConfigurationError(planned.wrong[0])
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
