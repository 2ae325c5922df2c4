"""The signatures in force as a file that every scan worker maps: sorted keys, looked up by halving.

The file is written beside and put in place whole, so that a worker sees one or the other.  A look-up
touches a few pages and allocates nothing that grows with the file.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lazaretto.files.placing import replace_whole

MAGIC: Final = b"LZSIG001"
_RECORD: Final = struct.Struct("<qIBBxx")
_KINDS: Final = ("body", "file", "url")
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether there is a newer file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of one signature."""

    key: int
    signature: int
    kind: str
    enough: int


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Put a file with ``entries`` in the place of ``path``."""
    packed = [
        _RECORD.pack(each.key, each.signature, _KINDS.index(each.kind), each.enough)
        for each in sorted(entries, key=lambda each: (each.key, each.signature))
    ]
    replace_whole(path, MAGIC + b"".join(packed))


class SignatureFile:
    """A reader's view of the newest file; nothing while there is none, or none of ours."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_at = -LOOK_EVERY
        self._inode = 0
        self._octets: mmap.mmap | None = None
        self._count = 0

    def __len__(self) -> int:
        self._refresh()
        return self._count

    def find(self, keys: Iterable[int]) -> list[Entry]:
        """Return the entries of ``keys``."""
        self._refresh()
        return [entry for key in keys for entry in self._entries(key)] if self._count else []

    def _entries(self, key: int) -> list[Entry]:
        octets = self._octets
        assert octets is not None
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if _RECORD.unpack_from(octets, len(MAGIC) + middle * _RECORD.size)[0] < key:
                low = middle + 1
            else:
                high = middle
        found: list[Entry] = []
        while low < self._count and len(found) < 50:
            here, signature, kind, enough = _RECORD.unpack_from(octets, len(MAGIC) + low * _RECORD.size)
            if here != key:
                break
            found.append(Entry(here, signature, _KINDS[kind], enough))
            low += 1
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        try:
            inode = self._path.stat().st_ino
            if inode != self._inode:
                self._open(inode)
        except (OSError, ValueError):
            self._octets, self._count, self._inode = None, 0, 0

    def _open(self, inode: int) -> None:
        with self._path.open("rb") as file:
            octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if octets[: len(MAGIC)] != MAGIC:
            raise ValueError("not a file of signatures")
        self._octets, self._inode = octets, inode
        self._count = (len(octets) - len(MAGIC)) // _RECORD.size
