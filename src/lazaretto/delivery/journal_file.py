"""The node's delivery journal: what was handed over and is not yet in the database.

Between a next hop's 250 and the commit that says so lies the one moment in which a crash would send
a message twice.  Each outcome is written to a file the moment that it is known, which is all it takes
to survive the end of the process; one fdatasync, shared by all deliveries that ended in the meantime,
makes it survive the end of the machine.  After a crash ``replay`` tells what is still to be settled.

A segment is a file of records; a record is its length, the CRC-32 of its body, and the body in
MessagePack.  A record that is torn or damaged ends its segment: nothing behind it was promised.
"""

from __future__ import annotations

import logging
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct

import msgspec

from lazaretto.core.queued import Lease, Settlement
from lazaretto.files.placing import sync_folder

log = logging.getLogger(__name__)

MAX_SEGMENT = 8 * 1024 * 1024
SMALL_SEGMENT = 256 * 1024
"""A segment whose records are all settled is given up from this size on."""
_FRAME = Struct("<II")
_SUFFIX = ".journal-1"
"""Names the format; a program that writes another one gives another suffix."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to remember: settlements that are due, or leases whose settlements are written."""

    due: Settlement | None = None
    done: tuple[Lease, ...] = ()


@dataclass(slots=True)
class _Segment:
    path: Path
    file: int
    size: int = 0
    is_synced: bool = True
    unsettled: set[Lease] = field(default_factory=set)


class DeliveryJournal:
    """The journal of one node; one process has it open at a time.

    ``sync`` blocks for as long as the disk takes and is for a thread; the others are quick and may be
    called beside it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Record)
        self._segments: list[_Segment] = []
        self._has_new_segment = False
        self._lock = threading.Lock()
        self._next = 1 + max((_number(path) for path in self._paths()), default=0)

    def replay(self) -> tuple[Settlement, ...]:
        """Return what was delivered and not settled when the journal was last written, oldest first."""
        due: dict[Lease, Settlement] = {}
        for path in self._paths():
            for record in self._read(path):
                if record.due is not None:
                    due[record.due.lease] = record.due
                for lease in record.done:
                    due.pop(lease, None)
        return tuple(due.values())

    def forget(self) -> None:
        """Remove the segments that ``replay`` read; what they told is settled."""
        open_paths = {segment.path for segment in self._segments}
        for path in self._paths():
            if path not in open_paths:
                path.unlink(missing_ok=True)

    def write(self, settlement: Settlement) -> None:
        """Remember ``settlement``; on return it survives a crash of this process."""
        frame = self._frame(Record(due=settlement))
        with self._lock:
            segment = self._current()
            # Counted first, so that nobody closes the segment while it is synced.
            segment.unsettled.add(settlement.lease)
            segment.is_synced = False
            self._write(segment, frame)

    def sync(self) -> None:
        """Let what was written, and is not settled before this returns, survive a crash of the machine."""
        with self._lock:
            segments = [segment for segment in self._segments if not segment.is_synced]
            for segment in segments:
                segment.is_synced = True
            must_sync_folder, self._has_new_segment = self._has_new_segment, False
        if must_sync_folder:
            sync_folder(self._folder)
        for segment in segments:
            os.fdatasync(segment.file)

    def settled(self, leases: Iterable[Lease]) -> None:
        """Note that the settlements of ``leases`` are in the database; remove what is not needed."""
        done = set(leases)
        with self._lock:
            for segment in list(self._segments):
                if theirs := segment.unsettled & done:
                    self._forget(segment, theirs)

    def close(self) -> None:
        """Close all files; segments without unsettled records go."""
        with self._lock:
            for segment in list(self._segments):
                if segment.unsettled:
                    os.close(segment.file)
                    self._segments.remove(segment)
                else:
                    self._remove(segment)

    def _forget(self, segment: _Segment, leases: set[Lease]) -> None:
        segment.unsettled -= leases
        is_current = segment is self._segments[-1]
        if segment.unsettled or (is_current and segment.size < SMALL_SEGMENT):
            # Not synced: after a power cut some are settled again, and that changes nothing.
            self._write(segment, self._frame(Record(done=tuple(leases))))
        else:
            self._remove(segment)

    def _current(self) -> _Segment:
        if self._segments and self._segments[-1].size < MAX_SEGMENT:
            return self._segments[-1]
        path = self._folder / f"{self._next:012d}{_SUFFIX}"
        self._next += 1
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._segments.append(_Segment(path, file))
        self._has_new_segment = True
        return self._segments[-1]

    def _write(self, segment: _Segment, frames: bytes) -> None:
        rest = memoryview(frames)
        try:
            while rest:
                rest = rest[os.write(segment.file, rest) :]
        except OSError:
            # What follows a torn record is never read: the next ones go into a segment of their own.
            segment.size = MAX_SEGMENT
            raise
        segment.size += len(frames)

    def _frame(self, record: Record) -> bytes:
        body = self._encoder.encode(record)
        return _FRAME.pack(len(body), zlib.crc32(body)) + body

    def _remove(self, segment: _Segment) -> None:
        os.close(segment.file)
        segment.path.unlink(missing_ok=True)
        self._segments.remove(segment)

    def _read(self, path: Path) -> Iterator[Record]:
        content = path.read_bytes()
        start = 0
        while start + _FRAME.size <= len(content):
            length, checksum = _FRAME.unpack_from(content, start)
            body = content[start + _FRAME.size : start + _FRAME.size + length]
            if len(body) < length or zlib.crc32(body) != checksum:
                log.warning("delivery journal ends early", extra={"segment": path.name, "offset": start})
                return
            start += _FRAME.size + length
            try:
                yield self._decoder.decode(body)
            except msgspec.MsgspecError:
                # Whole, and yet not ours to read: one delivery may be repeated, the others are not.
                log.exception("delivery journal holds a strange record", extra={"segment": path.name})

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if path.name.endswith(_SUFFIX))


def _number(path: Path) -> int:
    name = path.name.removesuffix(_SUFFIX)
    return int(name) if name.isdigit() else 0
