"""Files and names that survive a power cut.

A file's octets are durable after ``fsync`` of the file, its name only after ``fsync`` of the folder,
and a new folder's own name only after ``fsync`` of the folder above.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def sync_file(path: Path) -> None:
    """Make the octets of ``path`` durable, whoever wrote them."""
    _sync(path, os.O_RDONLY | os.O_CLOEXEC)


def write_new_durably(path: Path, octets: bytes) -> bool:
    """Make a private file that appears whole or not at all; False when the name is taken already."""
    made = _written(path.with_name(f".{path.name}.{uuid4().hex}"), octets)
    try:
        os.link(made, path)
    except FileExistsError:
        return False
    finally:
        made.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def replace_durably(path: Path, octets: bytes) -> None:
    """Put a private file in the place of ``path``: at every moment it is the old one or the new one.

    Only one process at a time may do so with one ``path``.
    """
    made = path.with_name(f".{path.name}.new")
    made.unlink(missing_ok=True)
    _written(made, octets).replace(path)
    sync_folder(path.parent)


def _written(path: Path, octets: bytes) -> Path:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    return path


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
