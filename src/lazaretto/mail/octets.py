"""What all scanning works on: octets that may be too many to hold in memory.

``bytes`` is what most messages are.  ``WindowedOctets`` serves content of a gigabyte through small
windows, so that a scan of it costs time but no memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Protocol

WINDOW = 1 << 20
"""Octets that are read at once from content which is not in memory."""
KEPT_WINDOWS = 4


class Octets(Protocol):
    """An immutable sequence of octets; ``bytes`` is one."""

    def __len__(self) -> int:
        """Return how many octets there are."""

    def find(self, sub: bytes, start: int = ..., end: int = ..., /) -> int:
        """Return the first place of ``sub`` within ``start`` and ``end``; -1 when there is none."""

    def __getitem__(self, span: slice, /) -> bytes:
        """Return a copy of the octets in ``span``, whose step is one."""


class WindowedOctets:
    """Octets behind ``read_at(offset, length)``, of which a few windows are kept in memory."""

    __slots__ = ("_read_at", "_size", "_windows")

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at = read_at
        self._size = size
        self._windows: OrderedDict[int, bytes] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop, step = span.indices(self._size)
        if step != 1:
            raise ValueError("octets are read in order")
        if stop <= start:
            return b""
        first, last = start // WINDOW, (stop - 1) // WINDOW
        if first == last:
            base = first * WINDOW
            return self._window(first)[start - base : stop - base]
        return self._read_at(start, stop - start)

    def find(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        """Return the first place of ``sub`` within ``start`` and ``end``; -1 when there is none."""
        start, stop, _ = slice(start, end).indices(self._size)
        overlap = max(0, len(sub) - 1)
        while start + len(sub) <= stop:
            until = min(stop, (start // WINDOW + 1) * WINDOW + overlap)
            found = self[start:until].find(sub)
            if found >= 0:
                return start + found
            start = max(start + 1, until - overlap)
        return -1

    def _window(self, number: int) -> bytes:
        known = self._windows.get(number)
        if known is not None:
            self._windows.move_to_end(number)
            return known
        offset = number * WINDOW
        window = self._read_at(offset, min(WINDOW, self._size - offset))
        self._windows[number] = window
        if len(self._windows) > KEPT_WINDOWS:
            self._windows.popitem(last=False)
        return window


def pieces(octets: Octets, start: int, end: int, size: int = WINDOW) -> Iterator[bytes]:
    """Yield the octets from ``start`` to ``end`` in order, at most ``size`` at a time."""
    while start < end:
        until = min(end, start + size)
        yield octets[start:until]
        start = until
