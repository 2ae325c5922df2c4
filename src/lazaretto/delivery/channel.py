"""The wire under one SMTP conversation: octets out, replies in.

It keeps count of the replies that the other side owes us, the greeting first.  A server that sends
more replies than it was asked questions is out of step, and what it says next may belong to another
message: such a channel is never used again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from lazaretto.core.errors import TemporaryFailure
from lazaretto.protocol.smtp_reply import ReplyGarbage, ReplyReader, WireReply

HIGH_WATER = 512 * 1024
"""Octets that may wait in our own buffer before content is held back."""


class ChannelLost(TemporaryFailure):
    """The connection is gone, silent for too long or out of step; nothing more comes over it."""


class Channel(asyncio.Protocol):
    """One connection to a next hop."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._replies: deque[WireReply] = deque()
        self._owed = 1
        self._loss: ChannelLost | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self.out_of_step = False

    # asyncio calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; called again when TLS takes its place."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        """Read replies; an error ends the connection."""
        if self._loss is not None:
            return
        try:
            replies = self._reader.feed(data)
        except ReplyGarbage as garbage:
            self._lose(str(garbage))
            self.abort()
            return
        if replies:
            self._replies.extend(replies)
            if len(self._replies) > self._owed:
                self.out_of_step = True
                if len(self._replies) > self._owed + 100:
                    self._lose("replies that nobody asked for")
                    self.abort()
            self._wake()

    def eof_received(self) -> None:
        """Let the transport close."""
        self._lose("connection closed")

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember that nothing more will come."""
        self._lose("connection closed" if exc is None else f"connection lost ({type(exc).__name__})")

    def pause_writing(self) -> None:
        """Note that the other side reads slower than we write."""
        self._paused = True

    def resume_writing(self) -> None:
        """Note that it caught up."""
        self._paused = False
        self._wake()

    # The conversation calls these.

    @property
    def transport(self) -> asyncio.Transport:
        """The transport; there is one from the moment at which the channel is connected."""
        assert self._transport is not None
        return self._transport

    @property
    def is_lost(self) -> bool:
        """Tell whether nothing more can be said."""
        return self._loss is not None

    @property
    def is_quiet(self) -> bool:
        """Tell whether all replies were read and no octet of another one has come."""
        return not self._replies and self._reader.is_empty and not self.out_of_step

    @property
    def has_reply(self) -> bool:
        """Tell whether a reply waits to be read."""
        return bool(self._replies)

    def send(self, octets: bytes, replies: int) -> None:
        """Write ``octets``, to which the other side owes ``replies`` replies."""
        self._owed += replies
        if self._loss is None:
            self.transport.write(octets)

    async def reply(self, seconds: float) -> WireReply:
        """Return the next reply; raise ``ChannelLost`` when none comes within ``seconds``."""
        if not self._replies:
            await self._wait(seconds, lambda: bool(self._replies))
        self._owed -= 1
        return self._replies.popleft()

    async def drained(self, seconds: float) -> None:
        """Return when there is room to write; raise ``ChannelLost`` after ``seconds`` without."""
        if self._paused:
            await self._wait(seconds, lambda: not self._paused)

    def abort(self) -> None:
        """Drop the connection at once."""
        self._lose("connection given up")
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self, seconds: float, done: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds, self._time_out)
        try:
            while not done():
                if self._loss is not None:
                    raise self._loss
                self._waiter = loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            timer.cancel()

    def _time_out(self) -> None:
        self._lose("timed out")
        self.abort()

    def _lose(self, problem: str) -> None:
        if self._loss is None:
            self._loss = ChannelLost(problem)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
