"""Every line that begins with two hyphens, found once for a whole message.

Multipart boundaries are looked up in this index, so that a hundred nested multiparts cost no more
than one: the octets are searched a single time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from lazaretto.mail.anomalies import Anomalies
from lazaretto.mail.limits import Limits
from lazaretto.mail.octets import Octets

MAX_TEXT = 1_000
"""Octets of such a line that are kept; no boundary is longer."""


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A line that begins with two hyphens."""

    start: int
    """Place of the first hyphen."""
    after: int
    """Place of the next line."""
    text: bytes
    """What follows the hyphens, without white space at its end."""


class DelimiterIndex:
    """The delimiter lines of some octets from ``start`` on, by place and by text."""

    __slots__ = ("_by_text", "_octets", "_starts", "lines")

    def __init__(self, octets: Octets, start: int, anomalies: Anomalies, limits: Limits) -> None:
        self._octets = octets
        self.lines: list[Delimiter] = []
        self._by_text: dict[bytes, list[int]] = {}
        for line in _delimiters(octets, start):
            if len(self.lines) >= limits.delimiters:
                anomalies.limit("DELIMITERS", f"more than {limits.delimiters} lines begin with hyphens")
                break
            self._by_text.setdefault(line.text, []).append(len(self.lines))
            self.lines.append(line)
        self._starts = [line.start for line in self.lines]

    def within(self, start: int, end: int) -> list[Delimiter]:
        """Return all lines between ``start`` and ``end``."""
        return self.lines[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def of(self, boundary: bytes, start: int, end: int) -> list[Delimiter]:
        """Return the lines of ``boundary`` between ``start`` and ``end``: openings and closings, in order."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        numbers = self._numbers(boundary, first, last) + self._numbers(boundary + b"--", first, last)
        return [self.lines[number] for number in sorted(numbers)]

    def _numbers(self, text: bytes, first: int, last: int) -> list[int]:
        numbers = self._by_text.get(text)
        if not numbers:
            return []
        return numbers[bisect_left(numbers, first) : bisect_left(numbers, last)]


def _delimiters(octets: Octets, start: int) -> Iterator[Delimiter]:
    if start == 0 and octets[:2] == b"--":
        yield delimiter_at(octets, 0)
    # Some clients take a carriage return alone for the end of a line.
    after_cr = octets.find(b"\r--", start)
    after_lf = octets.find(b"\n--", max(0, start - 1))
    while after_cr >= 0 or after_lf >= 0:
        if after_cr < 0 or 0 <= after_lf < after_cr:
            yield delimiter_at(octets, after_lf + 1)
            after_lf = octets.find(b"\n--", after_lf + 3)
        else:
            yield delimiter_at(octets, after_cr + 1)
            after_cr = octets.find(b"\r--", after_cr + 3)


def delimiter_at(octets: Octets, start: int) -> Delimiter:
    """Return the delimiter whose first hyphen is at ``start``."""
    size = len(octets)
    line_end = octets.find(b"\n", start + 2)
    after = size if line_end < 0 else line_end + 1
    text = octets[start + 2 : min(after, start + 2 + MAX_TEXT)]
    alone = text.find(b"\r", 0, len(text.rstrip(b"\r\n")))
    if alone >= 0:
        text, after = text[:alone], start + 2 + alone + 1
    return Delimiter(start, after, text.rstrip(b" \t\r\n"))
