"""Changing a message by replacing spans of it; every other octet stays as it was received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lazaretto.core.decision import Splice
from lazaretto.core.errors import PermanentFailure
from lazaretto.mail.octets import Octets, pieces


def splice(octets: Octets, splices: Sequence[Splice]) -> Iterator[bytes]:
    """Yield ``octets`` with ``splices`` applied, in pieces of bounded size; without any, as they are."""
    check(splices, len(octets))
    position = 0
    for change in splices:
        yield from pieces(octets, position, change.offset)
        if change.octets:
            yield change.octets
        position = change.offset + change.length
    yield from pieces(octets, position, len(octets))


def check(splices: Sequence[Splice], size: int) -> None:
    """Raise ``PermanentFailure`` unless ``splices`` are sorted, apart and within ``size`` octets."""
    position = 0
    for change in splices:
        if change.length < 0 or change.offset < position or change.offset + change.length > size:
            raise PermanentFailure(f"splice at {change.offset} of length {change.length} does not fit")
        position = change.offset + change.length
