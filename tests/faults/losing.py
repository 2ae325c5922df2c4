"""What a power cut leaves of a folder: all that was synced, and of the rest what chance wants.

The model is POSIX's, not that of a file system which is kinder: a file's octets last after ``fsync`` of the
file, its name after ``fsync`` of its folder, a name that was taken away is gone after ``fsync`` of the
folder, and each of these is kept or lost for itself.  Files are appended to or replaced, as all of ours are.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.noting import KEPT, NOTES

APART: Final = frozenset({"postgresql", "log", "run"})
"""In a home: what PostgreSQL answers for itself, what people read, and what is for running processes only."""


@dataclass(slots=True)
class Synced:
    """What lasts."""

    sizes: dict[int, int] = field(default_factory=dict)
    """How much of each file, by inode."""
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    """The names in each folder and their inodes, by inode."""


@dataclass(slots=True)
class Lost:
    """What a power cut took."""

    names: list[Path] = field(default_factory=list)
    """Names that were not there any more, with all below them."""
    returned: list[Path] = field(default_factory=list)
    """Names that had been taken away, and were there again."""
    torn: list[Path] = field(default_factory=list)
    """Files that had lost octets, by the first of their names."""


def read_notes(folder: Path) -> Synced:
    """Return what was noted in ``folder``."""
    synced = Synced()
    seen_at: dict[int, int] = {}
    for line in (folder / NOTES).read_bytes().split(b"\n"):
        note = json.loads(line) if line else {}
        if "file" in note:
            synced.sizes[note["file"]] = max(note["size"], synced.sizes.get(note["file"], 0))
        elif "folder" in note and note["at"] > seen_at.get(note["folder"], 0):
            seen_at[note["folder"]] = note["at"]
            synced.names[note["folder"]] = note["names"]
    return synced


class PowerCut:
    """One power cut over a folder; ``share`` of what may be lost is, 1 for all of it."""

    def __init__(
        self,
        notes: Path,
        chooser: random.Random,
        share: float = 1.0,
        untouched: frozenset[str] = APART,
        is_lied_about: Callable[[Path], bool] = lambda _: False,
    ) -> None:
        """``is_lied_about`` names files of which the disk had only said that they were on it."""
        self._synced = read_notes(notes)
        self._kept = notes / KEPT
        self._chooser = chooser
        self._share = share
        self._untouched = untouched
        self._is_lied_about = is_lied_about
        self._seen: set[int] = set()
        self._taken: set[int] = set()
        """Inodes that lost a name."""

    def strike(self, home: Path) -> Lost:
        """Take from ``home`` what goes; nobody may be at work there."""
        lost = Lost()
        for act in (self._take_away, self._bring_back, self._tear):
            self._in_each_folder(home, act, lost, self._untouched)
        return lost

    def _in_each_folder(
        self, folder: Path, act: Callable[[Path, Path, Lost], None], lost: Lost, untouched: frozenset[str]
    ) -> None:
        names = {path.name for path in folder.iterdir()} | set(self._lasting(folder))
        for name in sorted(names - untouched):
            path = folder / name
            act(folder, path, lost)
            if path.is_dir() and not path.is_symlink():
                self._in_each_folder(path, act, lost, frozenset())

    def _lasting(self, folder: Path) -> dict[str, int]:
        return self._synced.names.get(folder.stat().st_ino, {})

    def _take_away(self, folder: Path, path: Path, lost: Lost) -> None:
        if not path.exists() and not path.is_symlink():
            return
        if self._lasting(folder).get(path.name) != path.lstat().st_ino and self._goes():
            lost.names.append(path)
            self._taken |= set(_remove(path))

    def _bring_back(self, folder: Path, path: Path, lost: Lost) -> None:
        inode = self._lasting(folder).get(path.name)
        if inode is None or path.exists() or path.is_symlink():
            return
        kept = self._kept / str(inode)
        # Folders do not come back: ours are empty when they go.  What was renamed is at its old name, at
        # its new one or at both, never nowhere, and the same goes for what replaced something.
        is_needed = inode in self._taken or path in lost.names
        if kept.exists() and (is_needed or self._goes()):
            os.link(kept, path)
            lost.returned.append(path)

    def _tear(self, _: Path, path: Path, lost: Lost) -> None:
        if path.is_symlink() or not path.is_file():
            return
        seen = path.stat()
        if seen.st_ino in self._seen:
            return
        self._seen.add(seen.st_ino)
        if self._is_lied_about(path):
            self._cut(path, self._chooser.randrange(seen.st_size), seen.st_size)
            lost.torn.append(path)
            return
        lasting = self._synced.sizes.get(seen.st_ino, 0)
        if lasting < seen.st_size and self._goes():
            all_goes = self._share == 1
            self._cut(
                path, lasting if all_goes else self._chooser.randrange(lasting, seen.st_size), seen.st_size
            )
            lost.torn.append(path)

    def _cut(self, path: Path, keep: int, size: int) -> None:
        os.truncate(path, keep)
        if self._share < 1 and self._chooser.random() < 0.5:
            # The new length had reached the disk and the octets had not: zeros.
            os.truncate(path, size)

    def _goes(self) -> bool:
        return self._chooser.random() < self._share


def _remove(path: Path) -> Iterator[int]:
    """Remove it with all below it; yield the inodes."""
    if path.is_dir() and not path.is_symlink():
        yield from (each.lstat().st_ino for each in path.rglob("*"))
        shutil.rmtree(path)
    else:
        yield path.lstat().st_ino
        path.unlink()
