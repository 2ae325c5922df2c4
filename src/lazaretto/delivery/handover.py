"""From the edge to the deliver process: copies that were just committed, over a unix socket.

Best effort on purpose.  The copy is safe in the spool, leased to this node; handing it over only
saves the time and the queries of finding it there.  So the sender never waits: a copy that does not
fit into the buffer is not sent, and is claimed when its lease ends.

A frame is its length in four octets and a ``Parcel`` in MessagePack.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
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
MAX_BUFFER = 32 * 1024 * 1024
"""Octets that may wait for a deliver process that is slower than the edge."""
_LENGTH = 4
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
    """The end at the deliver process."""

    def __init__(self, path: Path, accept: Accept) -> None:
        self._path = path
        self._accept = accept
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[_Receiver] = set()

    async def start(self) -> None:
        """Listen; a socket that an earlier life left behind is replaced."""
        self._path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, str(self._path))
        os.chmod(self._path, 0o600)  # noqa: PTH101  (a socket's mode, right behind its creation)

    async def stop(self) -> None:
        """Hang up and listen no more."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.hang_up()
            await self._server.wait_closed()
            self._path.unlink(missing_ok=True)

    def _connection(self) -> _Receiver:
        return _Receiver(self._accept, self._connections)


class _Receiver(asyncio.Protocol):
    """Cuts the octets of one client into parcels."""

    def __init__(self, accept: Accept, connections: set[_Receiver]) -> None:
        self._accept = accept
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
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Tell whether somebody takes what is offered."""
        return self._transport is not None and not self._transport.is_closing()

    async def start(self) -> None:
        """Keep a connection from now on."""
        self._keeping = asyncio.create_task(self._keep_connected())

    async def stop(self) -> None:
        """Let go of the connection; what is in the buffer is still sent."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._transport is not None:
            self._transport.close()

    def offer(self, copy: QueuedCopy, octets: bytes | None = None) -> bool:
        """Hand ``copy`` over and return at once; False when it could not be sent."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > MAX_BUFFER:
            return False
        if octets is not None and len(octets) > MAX_INLINE:
            octets = None
        frame = self._encoder.encode(Parcel(copy, octets))
        if len(frame) > MAX_FRAME:
            return False
        transport.write(len(frame).to_bytes(_LENGTH, "big") + frame)
        return True

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            try:
                transport, _ = await loop.create_unix_connection(lambda: _Sender(self._lost), str(self._path))
            except OSError:
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
                continue
            pause = _FIRST_PAUSE
            self._transport = transport
            await self._lost.wait()
            self._lost.clear()
            self._transport = None


class _Sender(asyncio.Protocol):
    """Notices when the other end goes."""

    def __init__(self, lost: asyncio.Event) -> None:
        self._lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._lost.set()
