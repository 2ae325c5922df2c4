"""One process per role and home: a lock that ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home

SUPERVISOR: Final = "supervisor"
PATIENCE: Final = 3.0
"""Seconds that a process that is just ending, or somebody who only looks, may still hold a lock."""
_PAUSE: Final = 0.05


@contextmanager
def alone_as(home: Home, role: str) -> Iterator[None]:
    """Be the only ``role`` of ``home`` for as long as the block lasts.

    Raises ``ConfigurationError`` when another process is that already.
    """
    with _lock_file(home, role).open("ab") as file:
        _take(file, home, role)
        # Scan workers are forks of the one who locks; none of them may keep the lock when that dies.
        os.register_at_fork(after_in_child=file.close)
        yield


def is_held(home: Home, role: str) -> bool:
    """Tell whether some process is ``role`` of ``home`` now."""
    try:
        with _lock_file(home, role).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_file(home: Home, role: str) -> Path:
    return home.sockets / f"{role}.lock"


def _take(file: BinaryIO, home: Home, role: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                what = "Lazaretto" if role == SUPERVISOR else f"role {role}"
                problem = f"{what} runs already in {home.folder}; stop that first, or choose another --home"
                raise ConfigurationError(problem) from None
            time.sleep(_PAUSE)
        else:
            return
