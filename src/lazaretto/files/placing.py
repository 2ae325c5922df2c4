"""Files that are put in place whole, and names that survive a power cut.

A file is written beside its place and gets its name when it is complete, so whoever reads finds all of
it or what was there before.  Its octets are durable after ``fsync`` of the file, its name only after
``fsync`` of the folder, and a new folder's own name only after ``fsync`` of the folder above.

What is written beside has one name for each place, held under a lock: a process that dies in the middle
leaves at most that one, which the next writer takes away, and several may write at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def replace_whole(path: Path, octets: bytes) -> None:
    """Put a private file in the place of ``path``: at every moment it is the old one or the new one.

    After a power cut it may be neither: for what is made again, or can be done without.
    """
    with _beside(path) as (file, made):
        file.write(octets)
        file.flush()
        made.replace(path)


def replace_durably(path: Path, octets: bytes) -> None:
    """Put a private file in the place of ``path``; a power cut leaves the old one or the new one, too."""
    with _beside(path) as (file, made):
        _write_through(file, octets)
        made.replace(path)
    sync_folder(path.parent)


def write_new_durably(path: Path, octets: bytes) -> bool:
    """Make a private file that appears whole or not at all; False when the name is taken already."""
    with _beside(path) as (file, made):
        _write_through(file, octets)
        try:
            os.link(made, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def sync_file(path: Path) -> None:
    """Make the octets of ``path`` durable, whoever wrote them."""
    _sync(path, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def _beside(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Give an empty private file beside ``path`` that is this writer's alone; its name is gone afterwards."""
    made = path.with_name(f".{path.name}.new")
    with _begun(made) as file:
        try:
            yield file, made
        finally:
            # Once it has its place, the name beside may be the next writer's.
            if _is_named(made, file.fileno()):
                made.unlink()
            # Closing is not enough: a process that was forked meanwhile holds the same lock.
            fcntl.flock(file, fcntl.LOCK_UN)


def _begun(made: Path) -> BinaryIO:
    while True:
        try:
            fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            _take_away(made)
            continue
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_named(made, fd):
            return os.fdopen(fd, "wb")
        # Another writer took it for one that was left.
        os.close(fd)


def _take_away(made: Path) -> None:
    """Wait for whoever writes at ``made``; remove what one that died left there.

    It is never written to: a link to what has its place already may have been left.
    """
    try:
        fd = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        if _is_named(made, fd):
            made.unlink()
    finally:
        os.close(fd)


def _is_named(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def _write_through(file: BinaryIO, octets: bytes) -> None:
    file.write(octets)
    file.flush()
    os.fsync(file.fileno())


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
