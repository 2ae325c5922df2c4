"""The content of one copy as it goes out: our trace header, then the message with its splices.

Small content is one piece of bytes.  Larger content is read a chunk at a time in a thread, because
the file or object store behind it blocks, and is never whole in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from copy import copy as copy_of

from lazaretto.core.queued import QueuedCopy
from lazaretto.mail.octets import Octets
from lazaretto.mail.splicing import splice

CHUNK = 256 * 1024
MAX_HEADER = 1024 * 1024
_END_OF_HEADER = (b"\r\n\r\n", b"\n\n")


class Payload:
    """What follows DATA for one copy; may be read several times."""

    __slots__ = ("_copy", "_octets", "_on_top", "size", "whole")

    def __init__(self, copy: QueuedCopy, octets: Octets) -> None:
        self._copy = copy
        self._octets = octets
        self._on_top = b""
        changed = sum(len(s.octets) - s.length for s in copy.splices)
        self.size = len(copy.trace_header) + len(octets) + changed
        """Octets in all, before dots are doubled."""
        self.whole: bytes | None = None
        """All of it, where the content is in memory."""
        if isinstance(octets, bytes):
            self.whole = self._together(octets)

    def with_on_top(self, fields: bytes) -> Payload:
        """Return the same with ``fields`` above everything else; CRLF lines."""
        if not fields:
            return self
        topped = copy_of(self)
        topped._on_top = fields + self._on_top
        topped.size += len(fields)
        if topped.whole is not None:
            topped.whole = fields + topped.whole
        return topped

    @property
    def is_known_ascii(self) -> bool:
        """Tell whether it is known, without reading large content, that no octet has its eighth bit set."""
        return self.whole is not None and self.whole.isascii()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield everything in pieces of moderate size."""
        if self.whole is not None:
            yield self.whole
            return
        pieces = self.pieces()
        while chunk := await asyncio.to_thread(next, pieces, b""):
            yield chunk

    async def is_ascii(self) -> bool:
        """Tell whether no octet has its eighth bit set."""
        if self.whole is not None:
            return self.whole.isascii()
        async for chunk in self.chunks():
            if not chunk.isascii():
                return False
        return True

    async def header(self) -> bytes:
        """Return the header block, at most ``MAX_HEADER`` octets of it, with our own on top."""
        start = b""
        async for chunk in self.chunks():
            start += chunk
            ends = [end for mark in _END_OF_HEADER if (end := start.find(mark)) >= 0]
            if ends:
                return start[: min(ends)]
            if len(start) >= MAX_HEADER:
                break
        return start[:MAX_HEADER]

    def _together(self, octets: bytes) -> bytes:
        if not self._copy.splices:
            return self._copy.trace_header + octets
        return b"".join((self._copy.trace_header, *splice(octets, self._copy.splices)))

    def pieces(self) -> Iterator[bytes]:
        """Yield everything in pieces of moderate size; may block on a file or an object store."""
        if self.whole is not None:
            yield self.whole
            return
        # One splice may be tiny, one stretch enormous.
        waiting = bytearray(self._on_top + self._copy.trace_header)
        for piece in splice(self._octets, self._copy.splices):
            for start in range(0, len(piece), CHUNK):
                waiting += piece[start : start + CHUNK]
                if len(waiting) >= CHUNK:
                    yield bytes(waiting)
                    waiting.clear()
        if waiting:
            yield bytes(waiting)
