"""A folder of temporary files for each process, removed by whoever notices that the process is gone.

The keys of temporary files exist only in the memory of the process that made them, so after its
death they are noise.  A process holds a lock on its folder for as long as it lives; process numbers
would not do, because containers share volumes and each has its own number 1.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from lazaretto.spool.storage import storage_errors

LOCK_SUFFIX = ".lock"


class TemporaryFolder:
    """This process's folder under ``HOME/tmp``; ``path`` is for ``Intake``."""

    def __init__(self, root: Path) -> None:
        with storage_errors("making the temporary folder"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path = root / uuid4().hex
            # Locked before the folder exists: a folder whose lock is free has no living owner.
            self._lock = _new_lock(_lock_of(self.path))
            self.path.mkdir(mode=0o700)

    def close(self) -> None:
        """Remove the folder and all that is in it; harmless when repeated."""
        fd, self._lock = self._lock, -1
        if fd >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            _lock_of(self.path).unlink(missing_ok=True)
            os.close(fd)

    def __enter__(self) -> TemporaryFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def remove_dead_folders(root: Path) -> int:
    """Remove the temporary folders of processes that are gone; return how many there were.

    Whatever is not a temporary folder of ours stays.
    """
    if not root.is_dir():
        return 0
    with storage_errors("removing temporary folders"):
        return sum(_removed_if_dead(folder) for folder in list(root.iterdir()) if _is_ours(folder))


def _removed_if_dead(folder: Path) -> bool:
    lock = _lock_of(folder)
    fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def _new_lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK_SUFFIX)


def _is_ours(folder: Path) -> bool:
    name = folder.name
    return (
        len(name) == 32
        and set(name) <= set("0123456789abcdef")
        and folder.is_dir()
        and not folder.is_symlink()
    )
