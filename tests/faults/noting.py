"""Notes what each process made durable; runs inside the product's processes, before their own code.

Every ``fsync`` and ``fdatasync`` that came back is a line of JSON: of a file its inode and how long it was,
of a folder its inode and the inodes of all its names, both as they were when the call began.  What was never
noted need not survive a power cut.

A name that is taken away comes back when its folder was not synced after that, so files that lose a name
get another one beside the notes.  That also keeps a file system from giving their inodes to new files.
"""

from __future__ import annotations

import functools
import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FOLDER_VARIABLE: Final = "LAZARETTO_TEST_SYNCS"
"""Names the folder in which notes are made; it is on the file system of what they are about."""
NOTES: Final = "notes"
KEPT: Final = "kept"
"""Holds a file under the number of its inode."""


def note_syncs(folder: Path) -> None:
    """Have this process note what it syncs, and keep what it takes away."""
    (folder / KEPT).mkdir(exist_ok=True)
    file = os.open(folder / NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    kept = os.open(folder / KEPT, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def note(**values: Any) -> None:
        os.write(file, json.dumps(values).encode() + b"\n")

    for name in ("fsync", "fdatasync"):
        setattr(os, name, _noting(getattr(os, name), note))
    for name in ("unlink", "remove", "rename", "replace"):
        setattr(os, name, _keeping(getattr(os, name), kept))
    os.rmdir = _forgetting(os.rmdir, note)


def _noting(function: Callable[[Any], None], note: Callable[..., None]) -> Callable[[Any], None]:
    @functools.wraps(function)
    def noting(opened: Any) -> None:
        fd = opened if isinstance(opened, int) else opened.fileno()
        seen, at = os.fstat(fd), time.monotonic_ns()
        if stat.S_ISDIR(seen.st_mode):
            with os.scandir(fd) as entries:
                names = {entry.name: entry.inode() for entry in entries}
            function(fd)
            note(folder=seen.st_ino, names=names, at=at)
        else:
            function(fd)
            note(file=seen.st_ino, size=seen.st_size)

    return noting


def _keeping(function: Callable[..., None], kept: int) -> Callable[..., None]:
    @functools.wraps(function)
    def keeping(*paths: Any, **options: Any) -> None:
        folder = options.get("dir_fd", options.get("src_dir_fd"))
        for path in paths:
            with suppress(OSError):
                seen = os.lstat(path, dir_fd=folder)
                if stat.S_ISREG(seen.st_mode):
                    os.link(path, str(seen.st_ino), src_dir_fd=folder, dst_dir_fd=kept, follow_symlinks=False)
        function(*paths, **options)

    return keeping


def _forgetting(function: Callable[..., None], note: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def forgetting(path: Any, *, dir_fd: int | None = None) -> None:
        inode = os.lstat(path, dir_fd=dir_fd).st_ino
        function(path, dir_fd=dir_fd)
        # A new folder may get this number.
        note(folder=inode, names={}, at=time.monotonic_ns())

    return forgetting
