"""One connection as octets: bounded input, batched output, and a deadline on every wait.

A session awaits lines and blocks; nothing here knows what they mean.  Input beyond the buffer stays
in the network (``pause_reading``), so a fast sender costs no more memory than a slow one.  Replies
to commands that came together leave together (RFC 2920 §3.2).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from enum import Enum
from typing import Final, cast

from lazaretto.protocol.problems import in_words

_HIGH_WRITE: Final = 65_536
_CR: Final = 0x0D


class PeerGone(Exception):
    """The connection ended; nothing more can be read or said."""


class HandshakeFailed(Exception):
    """TLS did not come about, and the connection ended; the text is words of ours for why."""


class TimedOut(Exception):
    """The other side took longer than it may."""


class LineFault(Enum):
    """Why what was read is no command line."""

    TOO_LONG = "too long"
    ENDLESS = "too long, and no end in sight"
    BARE_LINE_FEED = "ends in a bare LF"


class Wire(asyncio.Protocol):
    """The transport's protocol; ``on_connection`` starts the session that uses it."""

    def __init__(self, buffer_size: int, on_connection: Callable[[Wire], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = buffer_size
        self._on_connection = on_connection
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._writable = True
        self._gone = False
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and start the session."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WRITE)
        self._on_connection(self)

    def data_received(self, data: bytes) -> None:
        """Take octets; stop reading when there are enough."""
        self._buffer += data
        if len(self._buffer) >= self._limit and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Take the other side's end as the end of everything: SMTP has no half-closed state."""
        self._gone = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection."""
        self._gone = True
        self._writable = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._wake()

    def pause_writing(self) -> None:
        """Note that the other side does not read."""
        self._writable = False

    def resume_writing(self) -> None:
        """Note that it reads again."""
        self._writable = True
        self._wake()

    # What a session calls.

    @property
    def is_gone(self) -> bool:
        """Tell whether the other side has left."""
        return self._gone

    @property
    def is_writable(self) -> bool:
        """Tell whether the other side reads what we say."""
        return self._writable

    @property
    def has_input(self) -> bool:
        """Tell whether octets wait that nobody has read yet."""
        return bool(self._buffer)

    @property
    def first_octet(self) -> int | None:
        """The next octet to be read; None when there is none yet."""
        return self._buffer[0] if self._buffer else None

    def told_by_transport(self, name: str) -> object:
        """Return what the transport knows under ``name`` (``peername``, ``ssl_object`` …)."""
        return self._transport.get_extra_info(name) if self._transport is not None else None

    async def wait_for_input(self, seconds: float) -> None:
        """Wait until there is something to read."""
        if not self._buffer:
            await self._more(self._loop.time() + seconds)

    async def line(self, longest: int, unread_tail: int, seconds: float) -> bytes | LineFault:
        """Return the next line without its CR LF; a fault's line is read and thrown away.

        After ENDLESS the rest of the line is still to come, and the session has to end.
        """
        deadline = self._loop.time() + seconds
        searched = skipped = 0
        while True:
            end = self._buffer.find(b"\n", searched)
            if end >= 0:
                return self._take_line(end, longest, unread_tail, skipped)
            searched = len(self._buffer)
            # Two more octets may be the CR LF of a line that is just as long as allowed.
            if searched > longest + 2 or skipped:
                skipped += searched
                self._consume(searched)
                searched = 0
            if skipped > longest + unread_tail:
                return LineFault.ENDLESS
            await self._more(deadline)

    async def block(self, deadline: float) -> bytes:
        """Return whatever octets are there, waiting for the first until ``deadline``."""
        if not self._buffer:
            await self._more(deadline)
        octets = bytes(self._buffer)
        self._consume(len(octets))
        return octets

    def unread(self, octets: bytes) -> None:
        """Put ``octets`` back in front of what is still to be read."""
        if octets:
            self._buffer[:0] = octets

    def say(self, octets: bytes) -> None:
        """Say ``octets``, at the latest when something is waited for."""
        self._out.append(octets)

    def send(self) -> None:
        """Hand over to the network what was said so far."""
        if self._out and self._transport is not None and not self._gone:
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()

    async def flush(self, seconds: float) -> None:
        """Hand over everything that was said, and wait while the other side does not read."""
        self.send()
        if not self._writable:
            await self._until(lambda: self._writable, self._loop.time() + seconds)

    async def start_tls(self, context: ssl.SSLContext, seconds: float) -> ssl.SSLObject:
        """Do the handshake and return its result.  Raises ``HandshakeFailed``."""
        self.send()
        if self._transport is None or self._gone:
            raise HandshakeFailed("the client left")
        try:
            secured = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=5.0,
            )
        except (OSError, ssl.SSLError, TimeoutError) as problem:
            self._gone = True
            self._transport.abort()
            raise HandshakeFailed(in_words(problem)) from problem
        if secured is None:
            self._gone = True
            raise HandshakeFailed("the client left")
        self._transport, self._paused = secured, False
        secured.set_write_buffer_limits(high=_HIGH_WRITE)
        return cast("ssl.SSLObject", secured.get_extra_info("ssl_object"))

    def interrupt(self) -> bool:
        """Make a session that waits for its next command wait no longer; False when it does not wait."""
        if self._waiter is None or self._waiter.done():
            return False
        self._waiter.set_exception(TimedOut())
        return True

    async def linger(self, seconds: float, octets: int) -> None:
        """Send what was said and no more, and throw away what still comes, up to these bounds.

        Closing with input unread resets the connection, and our last reply would be lost with it.
        """
        self.send()
        if self._transport is None or self._gone or not self._transport.can_write_eof():
            return
        self._transport.write_eof()
        deadline = self._loop.time() + seconds
        try:
            while octets > 0:
                octets -= len(await self.block(deadline))
        except (PeerGone, TimedOut):
            return

    def close(self) -> None:
        """Send what was said and close."""
        self.send()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever was said."""
        if self._transport is not None:
            self._transport.abort()

    def _take_line(self, end: int, longest: int, unread_tail: int, skipped: int) -> bytes | LineFault:
        ends_well = end > 0 and self._buffer[end - 1] == _CR
        length = end - 1 if ends_well else end
        if skipped or length > longest:
            self._consume(end + 1)
            return LineFault.ENDLESS if skipped + length > longest + unread_tail else LineFault.TOO_LONG
        line = bytes(self._buffer[:length])
        self._consume(end + 1)
        return line if ends_well else LineFault.BARE_LINE_FEED

    def _consume(self, octets: int) -> None:
        del self._buffer[:octets]
        if self._paused and len(self._buffer) < self._limit and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    async def _more(self, deadline: float) -> None:
        had = len(self._buffer)
        self.send()
        await self._until(lambda: len(self._buffer) > had, deadline)

    async def _until(self, happened: Callable[[], bool], deadline: float) -> None:
        while not happened():
            if self._gone:
                raise PeerGone
            self._set_alarm(deadline)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _set_alarm(self, deadline: float) -> None:
        # An alarm that rings too early looks again; so most waits need not touch the event loop's timers.
        self._deadline = deadline
        if self._alarm is None or self._alarm_at > deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = deadline
            self._alarm = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._set_alarm(self._deadline)
            return
        self._waiter.set_exception(TimedOut())
