"""A tenant's addresses as a table: read from CSV, laid over a document, and written again.

One address per line; a second column names the mailbox that it is an alias of.  A line with a ``*`` is
a pattern.  Commas, semicolons and tabs separate, as spreadsheets write them; a first line of titles
is passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.values import address_pattern, mail_address

MOST_OCTETS: Final = 64_000_000
MOST_LINES: Final = 1_000_000
MOST_PROBLEMS: Final = 100
"""Wrong lines that are told; the others are counted."""
_TITLES: Final = frozenset({"address", "addresses", "email", "e-mail", "mail", "adresse", "adres"})
_SEPARATORS: Final = ",;\t"
_HARMFUL: Final = ("=", "+", "-", "@", "'")
"""A spreadsheet takes a cell that begins so for a formula; an apostrophe before it says that it is text."""


class Mode(Enum):
    """What an upload does to the addresses that are there."""

    MERGE = "merge"
    """They stay, and those of the file come to them."""
    REPLACE = "replace"
    """They go, unless the file names them."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that cannot be used."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a file says."""

    addresses: Mapping[str, str]
    """As written, by folded address."""
    aliases: Mapping[str, str]
    patterns: frozenset[str]
    wrong: Sequence[Wrong] = ()
    wrong_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What laying a table over a document does."""

    added: int
    removed: int
    kept: int
    aliases: int
    """Aliases afterwards."""
    patterns: int
    """Patterns afterwards."""
    total: int
    """Addresses afterwards, aliases not counted."""


class WrongLines(ConfigurationError):
    """Lines of an upload cannot be used; nothing was changed."""

    def __init__(self, wrong: Sequence[Wrong], count: int) -> None:
        self.wrong = tuple(wrong)
        self.count = count
        told = "; ".join(f"line {each.line}: {each.problem}" for each in self.wrong[:5])
        lines = "1 line" if count == 1 else f"{count} lines"
        super().__init__(f"{lines} cannot be used, so nothing was changed: {told}")


def read_table(text: str, domains: frozenset[str] | set[str]) -> Table:
    """Return what ``text`` says; addresses must be in ``domains``.

    Raises ``ConfigurationError`` when it is too large, or no table at all.
    """
    if len(text) > MOST_OCTETS:
        raise ConfigurationError(f"the file is larger than {MOST_OCTETS // 1_000_000} MB; split it")
    addresses: dict[str, str] = {}
    aliases: dict[str, str] = {}
    patterns: set[str] = set()
    wrong: list[Wrong] = []
    count = 0
    for line, cells in _lines(text):
        if line > MOST_LINES:
            raise ConfigurationError(f"the file has more than {MOST_LINES} lines; split it")
        try:
            _take(cells, domains, addresses, aliases, patterns)
        except ValueError as failure:
            count += 1
            if len(wrong) < MOST_PROBLEMS:
                wrong.append(Wrong(line, str(failure)))
    return Table(
        addresses=addresses,
        aliases=aliases,
        patterns=frozenset(patterns),
        wrong=tuple(wrong),
        wrong_count=count,
    )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    plain = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    first = plain.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=separator)
    try:
        for row in reader:
            cells = [_text(cell) for cell in row]
            if not any(cells) or (reader.line_num == 1 and cells[0].lower() in _TITLES):
                continue
            yield reader.line_num, cells
    except csv.Error as failure:
        raise ConfigurationError(f"line {reader.line_num} is no line of a table: {failure}") from failure


def _text(cell: str) -> str:
    plain = cell.strip()
    marked = plain.startswith("'") and plain[1:].startswith(_HARMFUL)
    return plain[1:] if marked else plain


def _take(
    cells: list[str],
    domains: frozenset[str] | set[str],
    addresses: dict[str, str],
    aliases: dict[str, str],
    patterns: set[str],
) -> None:
    written, mailbox = cells[0], cells[1] if len(cells) > 1 else ""
    if "*" in written:
        pattern = address_pattern(written)
        _demand_own(pattern, domains)
        patterns.add(pattern)
        return
    address = mail_address(written)
    _demand_own(address, domains)
    if mailbox:
        target = mail_address(mailbox)
        _demand_own(target, domains)
        aliases[address] = target
    else:
        addresses.setdefault(fold(address), address)


def _demand_own(address: str, domains: frozenset[str] | set[str]) -> None:
    if domain_of(address) not in domains:
        raise ValueError(
            f"{domain_of(address)} is none of the tenant's domains; correct it or add the domain"
        )


def laid_over(document: TenantDocument, table: Table, mode: Mode) -> tuple[TenantDocument, Counts]:
    """Return ``document`` with the addresses of ``table``, and what that changes.

    Raises ``WrongLines`` where a line cannot be used, ``ConfigurationError`` where a replacement is empty:
    nobody means to refuse all mail.
    """
    if table.wrong_count:
        raise WrongLines(table.wrong, table.wrong_count)
    if mode is Mode.REPLACE and not table.addresses and not table.patterns:
        raise ConfigurationError("the file has no address, and replacing by it would refuse all mail")
    before = {fold(address): address for address in document.addresses}
    merging = mode is Mode.MERGE
    addresses = {**table.addresses, **before} if merging else {**table.addresses}
    if not merging:
        # What stays keeps its spelling, so that nothing changes where nothing is meant to.
        addresses.update((key, before[key]) for key in before.keys() & addresses.keys())
    aliases = {**document.aliases, **table.aliases} if merging else dict(table.aliases)
    patterns = {*document.address_patterns, *table.patterns} if merging else set(table.patterns)
    changed = document.model_copy(
        update={
            "addresses": tuple(addresses[key] for key in sorted(addresses)),
            "aliases": dict(sorted(aliases.items())),
            "address_patterns": tuple(sorted(patterns)),
        }
    )
    counts = Counts(
        added=len(addresses.keys() - before.keys()),
        removed=len(before.keys() - addresses.keys()),
        kept=len(addresses.keys() & before.keys()),
        aliases=len(aliases),
        patterns=len(patterns),
        total=len(addresses),
    )
    return changed, counts


def written_table(document: TenantDocument) -> str:
    """Return the addresses of ``document`` as CSV with titles; reading it again changes nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("address", "alias_of"))
    writer.writerows((_cell(address), "") for address in document.addresses)
    writer.writerows((_cell(alias), _cell(mailbox)) for alias, mailbox in document.aliases.items())
    writer.writerows((_cell(pattern), "") for pattern in document.address_patterns)
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_HARMFUL) else text
