"""Asking ClamAV about a message, over the protocol of its daemon (clamd(8), INSTREAM).

Several daemons may be named; the one that answered last is asked first, and the next one where it
does not answer.  A message over which daemons break while they are well otherwise is to blame
itself; where no daemon answers at all, asking again later helps.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import struct
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import EngineAnswer, EngineOutcome
from lazaretto.protocol.settings import ClamavSettings

log = structlog.get_logger(__name__)

ENGINE: Final = "clamav"
CHUNK: Final = 256 << 10
MOST_BREAKS: Final = 3
"""Daemons that may break over one message before it is to blame."""
PROBE_DEPTH: Final = 120
"""Archives in archives; clamd itself allows a MaxRecursion of 100 at most."""
MAX_REPLY: Final = 4_096
_LENGTH: Final = struct.Struct("!I")
_INCOMPLETE: Final = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted", "Heuristics.Broken")
"""Begin the names by which a daemon tells that it did not look into everything."""

ReadAt = Callable[[int, int], bytes]
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Broke(Exception):
    """The daemon had the message and gave no answer."""


class _Unreachable(Exception):
    """There is no daemon."""


class Clamav:
    """Asks the daemons of ``settings``, in turn."""

    def __init__(self, settings: ClamavSettings) -> None:
        self._settings = settings
        self._servers = list(settings.servers)

    async def ask(self, size: int, read_at: ReadAt) -> EngineAnswer:
        """Return what a daemon says of ``size`` octets; raises ``TemporaryFailure`` where none answers."""
        largest = self._settings.max_size
        if size > largest:
            return EngineAnswer(ENGINE, EngineOutcome.INCOMPLETE, f"larger than {largest} octets")
        for server in tuple(self._servers):
            answer = await self._ask_patiently(server, size, read_at)
            if answer is not None:
                self._prefer(server)
                return answer
        raise TemporaryFailure("no ClamAV daemon answers")

    async def _ask_patiently(self, server: str, size: int, read_at: ReadAt) -> EngineAnswer | None:
        """Return the answer of one daemon; None where it is down or not well."""
        for _ in range(MOST_BREAKS):
            try:
                return await self._ask(server, size, read_at)
            except _Unreachable as failure:
                log.warning("clamd cannot be reached", server=server, problem=str(failure))
                return None
            except _Broke as failure:
                log.warning("clamd broke over a message", server=server, problem=str(failure))
                if not await self._is_well(server):
                    return None
        return EngineAnswer(ENGINE, EngineOutcome.INCOMPLETE, "the daemon breaks over it")

    async def is_complete(self, probe: bytes) -> bool:
        """Tell whether the daemons report what is beyond their limits; ``probe`` is beyond all of them."""
        answer = await self.ask(len(probe), lambda at, count: probe[at : at + count])
        return answer.outcome is EngineOutcome.INCOMPLETE

    def _prefer(self, server: str) -> None:
        if self._servers[0] != server:
            self._servers.remove(server)
            self._servers.insert(0, server)

    async def _ask(self, server: str, size: int, read_at: ReadAt) -> EngineAnswer:
        async with self._connected(server) as (reader, writer):
            try:
                async with asyncio.timeout(self._settings.time_limit):
                    await _send(writer, size, read_at)
                    reply = await _reply(reader)
            except (OSError, TimeoutError, EOFError) as failure:
                raise _Broke(repr(failure)) from failure
        return _understood(reply)

    async def _is_well(self, server: str) -> bool:
        try:
            async with (
                self._connected(server) as (reader, writer),
                asyncio.timeout(self._settings.connect_limit),
            ):
                writer.write(b"zPING\0")
                return await _reply(reader) == "PONG"
        except (_Unreachable, OSError, TimeoutError, EOFError):
            return False

    @asynccontextmanager
    async def _connected(
        self, server: str
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            async with asyncio.timeout(self._settings.connect_limit):
                if server.startswith("/"):
                    reader, writer = await asyncio.open_unix_connection(server)
                else:
                    host, _, port = server.rpartition(":")
                    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except (OSError, TimeoutError) as failure:
            raise _Unreachable(repr(failure)) from failure
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def beyond_limits() -> bytes:
    """Return an archive in an archive and so on, deeper than any daemon looks; of a few kilobytes."""
    inner = b"nothing"
    for _ in range(PROBE_DEPTH):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.zip", inner)
        inner = packed.getvalue()
    return inner


async def _send(writer: asyncio.StreamWriter, size: int, read_at: ReadAt) -> None:
    writer.write(b"zINSTREAM\0")
    try:
        for chunk in _chunks(size, read_at):
            writer.write(_LENGTH.pack(len(chunk)) + chunk)
            await writer.drain()
        writer.write(_LENGTH.pack(0))
        await writer.drain()
    except ConnectionError:
        # A daemon with a smaller limit says so and hangs up; its reply can still be read.
        return


def _chunks(size: int, read_at: ReadAt) -> Iterator[bytes]:
    for begin in range(0, size, CHUNK):
        yield read_at(begin, min(CHUNK, size - begin))


async def _reply(reader: asyncio.StreamReader) -> str:
    said = b""
    while b"\0" not in said and len(said) < MAX_REPLY:
        piece = await reader.read(MAX_REPLY)
        if not piece:
            break
        said += piece
    if not said:
        raise EOFError("no reply")
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _understood(reply: str) -> EngineAnswer:
    """Return what a reply means; raises ``_Broke`` for one that says nothing about the message."""
    text = reply.removeprefix("stream: ")
    if text == "OK":
        return EngineAnswer(ENGINE, EngineOutcome.CLEAN)
    if text.endswith(" FOUND"):
        name = text.removesuffix(" FOUND")
        incomplete = name.startswith(_INCOMPLETE)
        return EngineAnswer(ENGINE, EngineOutcome.INCOMPLETE if incomplete else EngineOutcome.FOUND, name)
    if "size limit exceeded" in text:
        return EngineAnswer(ENGINE, EngineOutcome.INCOMPLETE, "larger than the daemon takes")
    raise _Broke(text)
