"""Looks for many patterns in one text at once.

Hyperscan where there is one, RE2 elsewhere: both are linear in the text whatever the pattern, and
both see octets, so that ``\\w`` and ``\\b`` are ASCII to both.  Tests hold them to the same answers.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import re2

try:
    import hyperscan

    from lazaretto.detect.content.remembering import remembered
except ImportError:  # no wheel for this machine
    hyperscan = None  # type: ignore[assignment]


class Matcher(Protocol):
    """A compiled list of patterns."""

    def matched(self, octets: bytes) -> Mapping[int, int]:
        """Return, by its number, where the first match of every pattern that matches ends."""


class HyperscanMatcher:
    """All patterns in one automaton."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._database = remembered(_name_of(patterns), lambda: _database_of(patterns))

    def matched(self, octets: bytes) -> Mapping[int, int]:
        """Return the first end of each pattern that matches."""
        ends: dict[int, int] = {}

        def note(number: int, start: int, end: int, flags: int, context: object) -> None:
            ends[number] = end

        self._database.scan(octets, match_event_handler=note)
        return ends


def _database_of(patterns: Sequence[str]) -> Any:
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=flags,
    )
    return database


def _name_of(patterns: Sequence[str]) -> str:
    # A database is made for one version of the library and one kind of processor.
    return "\0".join([metadata.version("hyperscan"), platform.machine(), _processor(), *patterns])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("flags")), "")


class Re2Matcher:
    """All patterns in one RE2 set; the ends are looked up afterwards."""

    def __init__(self, patterns: Sequence[str]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = False
        options.dot_nl = True
        options.log_errors = False
        options.max_mem = 256 << 20
        self._set = re2.Set.SearchSet(options)
        encoded = [pattern.encode() for pattern in patterns]
        for pattern in encoded:
            self._set.Add(pattern)
        self._set.Compile()
        self._single = [re2.compile(pattern, options) for pattern in encoded]

    def matched(self, octets: bytes) -> Mapping[int, int]:
        """Return the first end of each pattern that matches."""
        ends: dict[int, int] = {}
        for number in self._set.Match(octets) or ():
            match = self._single[number].search(octets)
            ends[number] = match.end() if match else 0
        return ends


def compiled(patterns: Sequence[str]) -> Matcher:
    """Return the fastest matcher of this machine for ``patterns``."""
    return Re2Matcher(patterns) if hyperscan is None else HyperscanMatcher(patterns)
