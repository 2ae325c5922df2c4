"""Encoded octets as lines of a bounded length."""

from __future__ import annotations

from collections.abc import Iterator

PIECE = 256 << 10
"""Octets that are decoded at a time."""
MAX_LINE = 64 << 10
"""Octets of an encoded line that are kept together."""


def lines_of(source: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends; a line longer than ``MAX_LINE`` comes in pieces."""
    rest = b""
    for piece in source:
        complete = (rest + piece).split(b"\n")
        rest = complete.pop()
        for line in complete:
            yield line + b"\n"
        if len(rest) > MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest
