"""From the edge to the deliver process: copies that were just committed, over a unix socket.

Best effort on purpose.  The copy is safe in the spool, leased to this node; handing it over only
saves the time and the queries of finding it there.  So the sender never waits.  While nobody reads,
copies wait without their content, so that a deliver process that starts again misses none of them;
what does not even fit there is claimed when its lease ends.

A frame is its length in four octets and a ``Parcel`` in MessagePack; an empty one says that copies may
be leased to this node that were not handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from lazaretto.core.queued import QueuedCopy

log = logging.getLogger(__name__)

MAX_INLINE = 1024 * 1024
"""Content up to this size goes along; what is larger is read from the spool."""
MAX_FRAME = 8 * 1024 * 1024
MAX_BUFFER = 16 * 1024 * 1024
"""Octets that may wait, with content, for a deliver process that is slower than the edge."""
MAX_BACKLOG = 16 * 1024 * 1024
"""Octets of copies that may wait without content while it is away or far behind."""
_LENGTH = 4
_LOOK_AGAIN = bytes(_LENGTH)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

Accept = Callable[[QueuedCopy, bytes | None], object]
"""Take one copy; must not block."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes over the socket for one copy."""

    copy: QueuedCopy
    octets: bytes | None


class HandoverServer:
    """The end at the deliver process; ``on_lost`` is called when an edge goes, with what it had in hand,
    and when one says that it may have left something out."""

    def __init__(self, path: Path, accept: Accept, on_lost: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._accept = accept
        self._on_lost = on_lost
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[_Receiver] = set()
        self._inode = 0

    async def start(self) -> None:
        """Listen; a socket that an earlier life left behind is replaced."""
        self._path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, str(self._path))
        os.chmod(self._path, 0o600)  # noqa: PTH101  (a socket's mode, right behind its creation)
        self._inode = self._path.stat().st_ino

    async def stop(self) -> None:
        """Hang up and listen no more."""
        if self._server is not None:
            self._remove_socket()
            self._server.close()
            for connection in list(self._connections):
                connection.hang_up()
            await self._server.wait_closed()

    def _remove_socket(self) -> None:
        """Take our socket away, unless a successor has put its own in this place."""
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _connection(self) -> _Receiver:
        return _Receiver(self._accept, self._on_lost, self._connections)


class _Receiver(asyncio.Protocol):
    """Cuts the octets of one client into parcels."""

    def __init__(self, accept: Accept, on_lost: Callable[[], None], connections: set[_Receiver]) -> None:
        self._accept = accept
        self._on_lost = on_lost
        self._connections = connections
        self._buffer = bytearray()
        self._decoder = msgspec.msgpack.Decoder(Parcel)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._connections.discard(self)
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _LENGTH:
            length = int.from_bytes(buffer[start : start + _LENGTH], "big")
            if length > MAX_FRAME:
                self._give_up("frame too long")
                return
            end = start + _LENGTH + length
            if len(buffer) < end:
                break
            if not self._take(bytes(memoryview(buffer)[start + _LENGTH : end])):
                return
            start = end
        del buffer[:start]

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take(self, frame: bytes) -> bool:
        if not frame:
            self._on_lost()
            return True
        try:
            parcel = self._decoder.decode(frame)
        except msgspec.MsgspecError:
            # An edge of another version, most likely; its copies are found in the spool.
            self._give_up("frame not understood")
            return False
        self._accept(parcel.copy, parcel.octets)
        return True

    def _give_up(self, problem: str) -> None:
        log.warning("handover given up", extra={"problem": problem})
        self.hang_up()


class HandoverClient:
    """The end at the edge; connects by itself, again and again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder = msgspec.msgpack.Encoder()
        self._sender: _Sender | None = None
        self._backlog: deque[bytes] = deque()
        self._backlog_octets = 0
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Tell whether somebody takes what is offered."""
        return self._sender is not None and not self._sender.is_lost.is_set()

    async def start(self) -> None:
        """Keep a connection from now on."""
        # An edge that was here before may have died with copies of which no deliver process was told, as
        # that was just starting itself; nobody else would say so before their leases end.
        self.look_again()
        self._keeping = asyncio.create_task(self._keep_connected())

    async def stop(self) -> None:
        """Let go of the connection; what was written to it is still sent."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._sender is not None:
            self._sender.close()

    def offer(self, copy: QueuedCopy, octets: bytes | None = None) -> bool:
        """Hand ``copy`` over, now or when somebody reads, and return at once; False when it is left out."""
        if self._sender is not None and self._sender.has_room and not self._backlog:
            is_small = octets is not None and len(octets) <= MAX_INLINE
            frame = self._frame(copy, octets if is_small else None)
            if len(frame) <= MAX_FRAME:
                self._sender.write(frame)
            return len(frame) <= MAX_FRAME
        frame = self._frame(copy, None)
        if len(frame) > MAX_FRAME or self._backlog_octets + len(frame) > MAX_BACKLOG:
            return False
        self._backlog.append(frame)
        self._backlog_octets += len(frame)
        return True

    def look_again(self) -> None:
        """Have the deliver process look for copies that were committed and not offered."""
        if self._sender is not None and self._sender.has_room and not self._backlog:
            self._sender.write(_LOOK_AGAIN)
        elif _LOOK_AGAIN not in self._backlog:
            self._backlog.append(_LOOK_AGAIN)
            self._backlog_octets += len(_LOOK_AGAIN)

    def _frame(self, copy: QueuedCopy, octets: bytes | None) -> bytes:
        body = self._encoder.encode(Parcel(copy, octets))
        return len(body).to_bytes(_LENGTH, "big") + body

    def _send_backlog(self) -> None:
        while self._backlog and self._sender is not None and self._sender.has_room:
            frame = self._backlog.popleft()
            self._backlog_octets -= len(frame)
            self._sender.write(frame)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            try:
                _, sender = await loop.create_unix_connection(
                    lambda: _Sender(self._send_backlog), str(self._path)
                )
            except OSError:
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
                continue
            pause = _FIRST_PAUSE
            self._sender = sender
            self._send_backlog()
            await sender.is_lost.wait()
            self._sender = None


class _Sender(asyncio.Protocol):
    """One connection to the deliver process."""

    def __init__(self, on_room: Callable[[], None]) -> None:
        self._on_room = on_room
        self._transport: asyncio.Transport | None = None
        self._is_paused = False
        self.is_lost = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Tell whether more may be written."""
        return self._transport is not None and not self._is_paused and not self.is_lost.is_set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MAX_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_lost.set()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._on_room()

    def write(self, frame: bytes) -> None:
        """Send ``frame``; there is a connection."""
        assert self._transport is not None
        self._transport.write(frame)

    def close(self) -> None:
        """Close behind what was written."""
        if self._transport is not None:
            self._transport.close()
