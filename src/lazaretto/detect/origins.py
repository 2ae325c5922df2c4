"""Where clients are and how old domains are, as far as somebody has told us.

No such data is shipped: whoever sells or collects it says what may be done with it.  It comes with a
bundle (``places/countries.csv``, ``places/registered.csv``) or from an operator's files.  What no
file tells stays unknown.
"""

from __future__ import annotations

import csv
import ipaddress
import logging
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Self

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.snapshot import names_above
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.settings import DetectSettings

log = logging.getLogger(__name__)

COUNTRIES: Final = "places/countries.csv"
REGISTERED: Final = "places/registered.csv"
MAX_ROWS: Final = 2_000_000
_HALF: Final = 1 << 64
UNKNOWN_AGE: Final = -1


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Ranges of addresses of one IP version in ascending order, with a country each; they do not overlap."""

    begins: tuple[array[int], array[int]]
    """Upper and lower 64 bits, as a list of large numbers would take several times the memory."""
    ends: tuple[array[int], array[int]]
    countries: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, str]]) -> Self:
        ordered = sorted(rows)
        return cls(
            _halves(begin for begin, _, _ in ordered),
            _halves(end for _, end, _ in ordered),
            tuple(country for _, _, country in ordered),
        )

    def holding(self, number: int) -> str:
        at = bisect_right(range(len(self.countries)), number, key=lambda one: _whole(self.begins, one)) - 1
        return self.countries[at] if at >= 0 and number <= _whole(self.ends, at) else ""


@dataclass(frozen=True, slots=True)
class Origins:
    """What is known."""

    by_version: Mapping[int, _Ranges] = field(default_factory=dict)
    registered: Mapping[str, int] = field(default_factory=dict)
    """Days of registration, as ordinals, by domain."""

    @classmethod
    def configured(cls, settings: DetectSettings) -> Self:
        """Read the operator's files, or else the bundle's; raises ``ConfigurationError``."""
        countries = _lines(settings.countries, COUNTRIES, "detect.countries")
        registered = _lines(settings.domain_dates, REGISTERED, "detect.domain_dates")
        return cls(ranges_in(countries), dict(dates_in(registered)))

    def country_of(self, ip: str) -> str:
        """Return the two letters of the country that ``ip`` is in; empty when nobody has told."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return ""
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        ranges = self.by_version.get(address.version)
        return ranges.holding(int(address)) if ranges else ""

    def age_of(self, domain: str, at: datetime) -> int:
        """Return how many days ``domain``, or the one above it, was registered; -1 when nobody has told."""
        for name in names_above(domain.lower().rstrip(".")):
            day = self.registered.get(name)
            if day is not None:
                return max(0, at.date().toordinal() - day)
        return UNKNOWN_AGE


def ranges_in(lines: Iterable[str]) -> dict[int, _Ranges]:
    """Return the countries in rows of ``network,country`` or ``first,last,country``; others are left out."""
    rows: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
    for cells in _rows(lines):
        found = _range(cells)
        if found is not None:
            version, begin, end, country = found
            rows[version].append((begin, end, country))
    return {version: _Ranges.of(some) for version, some in rows.items() if some}


def dates_in(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield domain and day of registration of rows of ``domain,2026-05-01``; others are left out."""
    for cells in _rows(lines):
        if len(cells) >= 2 and "." in cells[0]:
            try:
                yield cells[0].lower().rstrip("."), date.fromisoformat(cells[1][:10]).toordinal()
            except ValueError:
                continue


def _range(cells: list[str]) -> tuple[int, int, int, str] | None:
    try:
        if "/" in cells[0]:
            network = ipaddress.ip_network(cells[0], strict=False)
            first, last, country = network[0], network[-1], cells[1]
        else:
            first, last, country = ipaddress.ip_address(cells[0]), ipaddress.ip_address(cells[1]), cells[2]
    except (ValueError, IndexError):
        return None
    if first.version != last.version or not (len(country) == 2 and country.isascii() and country.isalpha()):
        return None
    return first.version, int(first), int(last), country.upper()


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    for number, cells in enumerate(csv.reader(line for line in lines if not line.startswith("#"))):
        if number >= MAX_ROWS:
            log.warning("a file of origins is too long", extra={"rows": MAX_ROWS})
            return
        if cells:
            yield [cell.strip() for cell in cells]


def _lines(operators: str, place: str, setting: str) -> Iterator[str]:
    file: Path | Traversable = Path(operators) if operators else knowledge(place)
    if not file.is_file():
        if operators:
            raise ConfigurationError(f"{setting}: there is no file {operators}")
        return
    with file.open(encoding="utf-8", errors="replace") as opened:
        yield from opened


def _halves(numbers: Iterable[int]) -> tuple[array[int], array[int]]:
    upper, lower = array("Q"), array("Q")
    for number in numbers:
        upper.append(number // _HALF)
        lower.append(number % _HALF)
    return upper, lower


def _whole(halves: tuple[array[int], array[int]], at: int) -> int:
    return halves[0][at] * _HALF + halves[1][at]
