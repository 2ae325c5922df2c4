"""Content that is too large for memory, looked at through a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

WINDOW = 1024 * 1024


class Octets(Protocol):
    """A sequence of octets; ``bytes`` is one."""

    def __len__(self) -> int:
        """Return how many there are."""

    def find(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        """Return the lowest offset of ``sub`` within ``start`` and ``end``; -1 when it is not there."""

    def __getitem__(self, where: slice, /) -> bytes:
        """Return a slice (step 1)."""


class WindowedOctets:
    """Octets behind ``read_at``."""

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at = read_at
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, where: slice, /) -> bytes:
        start, stop, step = where.indices(self._size)
        if step != 1:
            raise ValueError("only whole slices can be read")
        return self._read_at(start, max(0, stop - start))

    def find(self, sub: bytes, start: int = 0, end: int | None = None, /) -> int:
        """Return the lowest offset of ``sub`` within ``start`` and ``end``; -1 when it is not there."""
        start, end, _ = slice(start, end).indices(self._size)
        while start + len(sub) <= end:
            length = min(WINDOW + len(sub), end - start)
            found = self._read_at(start, length).find(sub)
            if found >= 0:
                return start + found
            start += max(1, length - len(sub) + 1)
        return -1
