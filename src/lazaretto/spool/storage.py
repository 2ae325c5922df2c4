"""Whether the disk has room, and what its errors mean to those who wait for us.

Mail is turned away with a temporary answer while there still is room to finish what was begun:
a full disk stops the database as well, and then nothing can be settled any more.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.spool.content_settings import ContentSettings

log = structlog.get_logger(__name__)

GOOD_FOR = 1.0
"""Seconds for which one look at the disk is believed."""

TOO_MANY_FAULTS: Final = 3
FAULTS_COUNT_FOR: Final = 60.0
"""A disk that failed so often within so many seconds gets no mail until the seconds are over."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BROKEN = frozenset({errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV})


class Faults:
    """Remembers when the disk of this process failed, rather than being full."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=TOO_MANY_FAULTS)

    def note(self) -> None:
        """Remember a failure."""
        self._times.append(self._clock())

    @property
    def are_too_many(self) -> bool:
        """Tell whether the disk failed so often of late that it is not to be trusted."""
        is_full = len(self._times) == TOO_MANY_FAULTS
        return is_full and self._clock() - self._times[0] < FAULTS_COUNT_FOR


FAULTS: Final = Faults()
"""Those of this process."""


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Raise StorageFull or TemporaryFailure in place of any ``OSError`` inside; ``doing`` is for the log."""
    try:
        yield
    except OSError as error:
        text = f"{doing}: {error.strerror or error}"
        if error.errno in _FULL:
            raise StorageFull(text) from error
        if error.errno in _BROKEN:
            FAULTS.note()
            log.error("the disk fails", doing=doing, problem=error.strerror)
        raise TemporaryFailure(text) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a file system has left; shares are 1 where it does not count."""

    free: int
    total: int
    inode_share: float = 1.0

    @property
    def share(self) -> float:
        """The share of the octets that is free for us."""
        return self.free / self.total if self.total else 1.0


def room_at(path: Path) -> Room:
    """Return what is left on the file system of ``path``, without what is reserved for root."""
    found = os.statvfs(path)
    return Room(
        free=found.f_bavail * found.f_frsize,
        total=found.f_blocks * found.f_frsize,
        # File systems that make inodes as they go report none at all.
        inode_share=found.f_favail / found.f_files if found.f_files else 1.0,
    )


class Storage:
    """Watches the free space of one folder; asking is cheap enough for every ``MAIL``."""

    def __init__(
        self,
        folder: Path,
        settings: ContentSettings,
        *,
        look: Callable[[Path], Room] = room_at,
        clock: Callable[[], float] = time.monotonic,
        faults: Faults = FAULTS,
    ) -> None:
        self._folder = folder
        self._faults = faults
        self._settings = settings
        self._look = look
        self._clock = clock
        self._looked_at = float("-inf")
        self._has_room = True

    def has_room(self) -> bool:
        """Tell whether mail may be taken; once it may not, only clearly more room changes that."""
        now = self._clock()
        if now - self._looked_at >= GOOD_FOR:
            self._looked_at = now
            had_room, self._has_room = self._has_room, self._judge()
            if had_room is not self._has_room:
                log.warning("there is room for mail again" if self._has_room else "no room for mail")
        return self._has_room

    def _judge(self) -> bool:
        if self._faults.are_too_many:
            # Other nodes have disks that work: who is put off here finds them.
            return False
        try:
            room = self._look(self._folder)
        except OSError:
            # A disk that cannot be asked cannot be trusted with mail either.
            return False
        settings = self._settings
        margin = 1.0 if self._has_room else settings.reopen_at
        return (
            room.share >= settings.least_free_share * margin
            and room.inode_share >= settings.least_free_inodes * margin
            and room.free >= settings.least_free_messages * settings.largest_message * margin
        )
