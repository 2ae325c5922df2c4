"""A next hop for tests: a real SMTP server that keeps every message and misbehaves on request.

It takes any recipient, un-stuffs dots and keeps the octets as they came.  ``Behaviour`` says where it
does something else; a behaviour may differ from connection to connection.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

PLAIN = ("PIPELINING", "SIZE 104857600", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN")
END_OF_CONTENT = b"\r\n.\r\n"


class _EndError(Exception):
    """Raised inside to end a connection in the way that the behaviour asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a connection does that a good server would not.

    ``answers`` maps a verb (``GREETING EHLO HELO STARTTLS MAIL RCPT DATA DOT RSET QUIT``) to the raw
    octets of its answer.  ``hang_up`` names verbs after which the connection is closed without an
    answer, ``reset`` those after which it is reset, ``stall`` those that are never answered.
    """

    offers: tuple[str, ...] = PLAIN
    answers: Mapping[str, bytes] = field(default_factory=dict)
    hang_up: frozenset[str] = frozenset()
    reset: frozenset[str] = frozenset()
    stall: frozenset[str] = frozenset()
    recipient: Callable[[str], bytes] | None = None
    """Answer to RCPT by address; empty octets mean the usual."""
    delay: float = 0.0
    """Seconds before each answer."""
    octets_at_a_time: int = 0
    """Answers are sent in pieces of this size; 0 = whole."""
    hang_up_after_octets: int = 0
    """Content after which the connection is closed in the middle; 0 = never."""
    behind_starttls: bytes = b""
    """Octets that follow the 220 to STARTTLS in clear."""
    hang_up_inside: bool = False
    """The connection is closed as soon as it is encrypted."""
    context: ssl.SSLContext | None = None
    """What STARTTLS is answered with; it is offered when there is one."""


GOOD = Behaviour()


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One message that was taken."""

    mail: bytes
    """The argument of MAIL, as sent."""
    rcpts: tuple[bytes, ...]
    """The arguments of RCPT that were answered 2xx."""
    wire: bytes
    """The content as it came over the wire, dots doubled, without the dot that ends it."""
    tls: bool = False
    connection: int = 0

    @property
    def content(self) -> bytes:
        """The content with single dots."""
        start = self.wire[1:] if self.wire.startswith(b".") else self.wire
        return start.replace(b"\r\n.", b"\r\n")

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses of ``rcpts``."""
        return tuple(_path(rcpt) for rcpt in self.rcpts)


class NextHop:
    """The server; use it as an asynchronous context manager."""

    def __init__(self, behaviour: Behaviour = GOOD, *further: Behaviour, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        self.behaviour = behaviour
        """That of every connection for which ``further`` has none; may be replaced at any time."""
        self.arrivals: list[Arrival] = []
        self.commands: list[bytes] = []
        """Every command line of every connection, without CRLF."""
        self.connections = 0
        self._first = [behaviour, *further] if further else []
        self._server: asyncio.AbstractServer | None = None
        self._dialogues: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> NextHop:
        self._server = await asyncio.start_server(self._connected, self.host, self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for dialogue in list(self._dialogues):
            dialogue.cancel()
        await asyncio.gather(*self._dialogues, return_exceptions=True)
        await self._server.wait_closed()

    async def arrived(self, count: int, seconds: float = 120.0) -> Sequence[Arrival]:
        """Return all arrivals as soon as there are ``count``."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.arrivals) >= count)
        return self.arrivals

    def verbs(self) -> list[str]:
        """Return the verbs of all commands in order."""
        return [command.split(b" ")[0].decode("latin-1").upper() for command in self.commands]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        behaviour = self._first.pop(0) if self._first else self.behaviour
        dialogue = asyncio.current_task()
        assert dialogue is not None
        self._dialogues.add(dialogue)
        try:
            await _Dialogue(self, behaviour, reader, writer, self.connections).run()
        except (_EndError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            pass
        except asyncio.CancelledError:
            # The server is closing; a dialogue that waits has nothing more to say.
            pass
        finally:
            self._dialogues.discard(dialogue)
            writer.close()

    async def _take(self, arrival: Arrival) -> None:
        async with self._changed:
            self.arrivals.append(arrival)
            self._changed.notify_all()


class _Dialogue:
    """One connection."""

    def __init__(
        self,
        hop: NextHop,
        behaviour: Behaviour,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        number: int,
    ) -> None:
        self._hop = hop
        self._behaviour = behaviour
        self._reader = reader
        self._writer = writer
        self._number = number
        self._is_encrypted = False
        self._mail: bytes | None = None
        self._rcpts: list[bytes] = []

    async def run(self) -> None:
        await self._answer("GREETING", b"220 next-hop.example ESMTP\r\n")
        while line := await self._reader.readline():
            command = line.rstrip(b"\r\n")
            self._hop.commands.append(command)
            verb, _, argument = command.partition(b" ")
            await self._obey(verb.decode("latin-1").upper(), argument)
            if verb.upper() == b"QUIT":
                return

    async def _obey(self, verb: str, argument: bytes) -> None:
        match verb:
            case "EHLO":
                await self._answer(verb, self._capabilities())
            case "STARTTLS":
                await self._start_tls()
            case "MAIL":
                if await self._answer(verb, b"250 2.1.0 Ok\r\n"):
                    self._mail, self._rcpts = argument, []
            case "RCPT":
                usual = b"250 2.1.5 Ok\r\n" if self._mail is not None else b"503 5.5.1 MAIL first\r\n"
                if self._behaviour.recipient is not None and self._mail is not None:
                    usual = self._behaviour.recipient(_path(argument)) or usual
                if await self._answer(verb, usual):
                    self._rcpts.append(argument)
            case "DATA":
                await self._data()
            case "RSET":
                self._mail, self._rcpts = None, []
                await self._answer(verb, b"250 2.0.0 Ok\r\n")
            case "HELO" | "NOOP":
                await self._answer(verb, b"250 2.0.0 Ok\r\n")
            case "QUIT":
                await self._answer(verb, b"221 2.0.0 Bye\r\n")
            case _:
                await self._answer(verb, b"500 5.5.2 Unknown\r\n")

    async def _data(self) -> None:
        usual = b"354 Go on\r\n" if self._rcpts else b"554 5.5.1 No valid recipients\r\n"
        if not await self._answer("DATA", usual):
            return
        wire = await self._content()
        taken = await self._answer("DOT", b"250 2.0.0 Taken\r\n")
        if taken and self._mail is not None:
            arrival = Arrival(
                mail=self._mail,
                rcpts=tuple(self._rcpts),
                wire=wire,
                tls=self._is_encrypted,
                connection=self._number,
            )
            await self._hop._take(arrival)
        self._mail, self._rcpts = None, []

    async def _content(self) -> bytes:
        if self._behaviour.hang_up_after_octets:
            await self._reader.readexactly(self._behaviour.hang_up_after_octets)
            raise _EndError
        wire = bytearray()
        while not wire.endswith(END_OF_CONTENT) and wire != b".\r\n":
            line = await self._reader.readline()
            if not line:
                raise _EndError
            wire += line
        return bytes(wire[:-3])

    async def _start_tls(self) -> None:
        context = self._behaviour.context
        usual = b"220 2.0.0 Go on\r\n" if context else b"454 4.7.0 No TLS\r\n"
        if not await self._answer("STARTTLS", usual + self._behaviour.behind_starttls) or context is None:
            return
        await self._writer.start_tls(context)
        if self._behaviour.hang_up_inside:
            raise _EndError
        self._is_encrypted = True
        self._mail, self._rcpts = None, []

    def _capabilities(self) -> bytes:
        offers = list(self._behaviour.offers)
        if self._behaviour.context is not None and not self._is_encrypted:
            offers.append("STARTTLS")
        lines = ["next-hop.example", *offers]
        last = len(lines) - 1
        return b"".join(f"250{' ' if n == last else '-'}{line}\r\n".encode() for n, line in enumerate(lines))

    async def _answer(self, verb: str, usual: bytes) -> bool:
        """Send the answer to ``verb``; tell whether it was 2xx or 3xx."""
        behaviour = self._behaviour
        if verb in behaviour.stall:
            await asyncio.Event().wait()
        if verb in behaviour.reset:
            self._writer.transport.abort()
            raise _EndError
        if verb in behaviour.hang_up:
            raise _EndError
        answer = behaviour.answers.get(verb, usual)
        if behaviour.delay:
            await asyncio.sleep(behaviour.delay)
        if behaviour.octets_at_a_time:
            for start in range(0, len(answer), behaviour.octets_at_a_time):
                self._writer.write(answer[start : start + behaviour.octets_at_a_time])
                await self._writer.drain()
                await asyncio.sleep(0)
        else:
            self._writer.write(answer)
            await self._writer.drain()
        if answer[:1] == b"4" and answer[:3] == b"421":
            raise _EndError
        return answer[:1] in (b"2", b"3")


def _path(argument: bytes) -> str:
    return argument.partition(b"<")[2].rpartition(b">")[0].decode("utf-8", "replace")
