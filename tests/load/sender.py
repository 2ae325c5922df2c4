"""A client that sends a list of messages over some connections and writes down every answer.

Each message gets a field ``X-Test-Id``; the ledger says which ids were answered with 250.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

PER_CONNECTION = 20
"""Messages after which a client hangs up, as busy servers do."""
ANSWER_PATIENCE = 120.0


@dataclass(slots=True)
class Ledger:
    """What was sent, and what was said about it."""

    accepted: dict[str, str] = field(default_factory=dict)
    """Body checksum by test id, for messages that were answered with 250."""
    queued_as: dict[str, str] = field(default_factory=dict)
    """Our queue id by test id, for messages that were answered with 250."""
    sent: dict[str, str] = field(default_factory=dict)
    """Body checksum by test id, for everything that was ever begun."""
    answers: dict[str, int] = field(default_factory=dict)
    """How often each first digit class was the answer, ``lost`` for a connection that ended."""
    cut_off: list[str] = field(default_factory=list)
    """Test ids whose dot went out and whose answer never came: each may be taken, and will be sent again."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from the dot to its answer."""

    def count(self, answer: str) -> None:
        """Count one answer."""
        self.answers[answer] = self.answers.get(answer, 0) + 1


class Pace:
    """Turns that come at a steady rate, however many wait for one."""

    def __init__(self, rate: float) -> None:
        self._between = 1 / rate
        self._next = time.monotonic()

    async def turn(self) -> None:
        """Wait for the next turn; who is late takes it at once, and later ones are not hurried."""
        now = time.monotonic()
        self._next = max(self._next + self._between, now)
        await asyncio.sleep(self._next - now)


class Conversation:
    """One SMTP session of the client; raises ``ConnectionError`` when the server goes away."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.is_in_doubt = False
        """A dot may have gone out, and its answer has not come."""

    @classmethod
    async def open(cls, host: str, port: int, local: str | None = None) -> Conversation:
        """Connect, from the loopback address ``local`` if given, and greet."""
        source = (local, 0) if local else None
        reader, writer = await asyncio.open_connection(host, port, local_addr=source)
        self = cls(reader, writer)
        await self.answer()
        await self.say(b"EHLO load.example")
        return self

    async def say(self, line: bytes) -> bytes:
        """Send a command line; return the last line of the answer."""
        self._writer.write(line + b"\r\n")
        return await self.answer()

    async def send(self, sender: str, recipients: Sequence[str], octets: bytes) -> bytes:
        """Send one message, pipelined; return the answer to the dot, or the first refusal."""
        lines = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{each}>" for each in recipients), "DATA"]
        self._writer.write(("\r\n".join(lines) + "\r\n").encode())
        for _ in lines[:-1]:
            refused = await self.answer()
            if not refused.startswith(b"2"):
                for _ in range(len(lines) - 2):
                    await self.answer()
                return refused
        go = await self.answer()
        if not go.startswith(b"3"):
            return go
        self.is_in_doubt = True
        self._writer.write(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        await self._writer.drain()
        said = await self.answer()
        self.is_in_doubt = False
        return said

    async def answer(self) -> bytes:
        """Return the last line of the next reply."""
        async with asyncio.timeout(ANSWER_PATIENCE):
            while True:
                line = await self._reader.readline()
                if not line.endswith(b"\n"):
                    raise ConnectionError("the server went away")
                if line[3:4] != b"-":
                    return line.rstrip()

    async def close(self) -> None:
        """Hang up politely."""
        try:
            self._writer.write(b"QUIT\r\n")
            await self._reader.read(200)
        finally:
            self._writer.close()


def marked(octets: bytes, name: str) -> tuple[bytes, str]:
    """Return the message with its test id on top and CRLF line ends, and its body's checksum."""
    octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    octets = f"X-Test-Id: {name}\r\n".encode() + octets
    return octets, hashlib.sha256(octets.partition(b"\r\n\r\n")[2]).hexdigest()


async def send_all(
    port: int,
    messages: Iterator[tuple[str, str, bytes]],
    ledger: Ledger,
    *,
    connections: int,
    sender: str = "ann@partner.example",
    local: Callable[[int], str | None] = lambda _: None,
    retry: bool = False,
    pace: Pace | None = None,
) -> None:
    """Send every (name, recipient, octets) over ``connections`` parallel sessions.

    With ``retry`` a message whose answer was 4xx or never came is sent again, as a real client does.
    ``pace`` says when each message is begun; without it, as soon as a connection is free.
    """
    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(_one_connection(port, messages, ledger, sender, local(number), retry, pace))


async def _one_connection(
    port: int,
    messages: Iterator[tuple[str, str, bytes]],
    ledger: Ledger,
    sender: str,
    local: str | None,
    retry: bool,
    pace: Pace | None,
) -> None:
    conversation: Conversation | None = None
    sent = 0
    for name, recipient, raw in messages:
        octets, digest = marked(raw, name)
        if pace is not None:
            await pace.turn()
        ledger.sent[name] = digest
        while True:
            try:
                if conversation is None or sent % PER_CONNECTION == 0:
                    if conversation is not None:
                        await conversation.close()
                    conversation = await Conversation.open("127.0.0.1", port, local)
                began = time.monotonic()
                answer = await conversation.send(sender, (recipient,), octets)
            except (OSError, ConnectionError, TimeoutError):
                ledger.count("lost")
                if conversation is not None and conversation.is_in_doubt:
                    ledger.cut_off.append(name)
                conversation = None
                if not retry:
                    break
                await asyncio.sleep(0.05)
                continue
            sent += 1
            ledger.count(answer[:3].decode())
            if answer.startswith(b"250"):
                ledger.accepted[name] = digest
                ledger.queued_as[name] = answer.rpartition(b" ")[2].decode()
                ledger.latencies.append(time.monotonic() - began)
            if answer.startswith(b"4"):
                conversation = None
                if retry:
                    await asyncio.sleep(0.1)
                    continue
            break
    if conversation is not None:
        await conversation.close()
