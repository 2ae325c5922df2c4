"""ClamAV's word is heard, the next daemon is asked where one fails, and silence is never "clean"."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import EngineAnswer, EngineOutcome
from lazaretto.protocol.clamd import Clamav
from lazaretto.protocol.settings import ClamavSettings

MESSAGE = b"Subject: hello\r\n\r\nbody\r\n" * 40_000


@asynccontextmanager
async def a_daemon(reply: Callable[[bytes], bytes | None]) -> AsyncIterator[str]:
    """Listen as clamd does; ``reply`` has the message and says what is answered, None = it breaks."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        if command == b"zPING\0":
            writer.write(b"PONG\0")
        else:
            message = b""
            while length := struct.unpack("!I", await reader.readexactly(4))[0]:
                message += await reader.readexactly(length)
            writer.write(reply(message) or b"")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def ask(*servers: str, message: bytes = MESSAGE, **more: float) -> EngineAnswer:
    settings = ClamavSettings.model_validate({"servers": servers, **more})
    return await Clamav(settings).ask(len(message), lambda at, count: message[at : at + count])


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"stream: OK\0", EngineOutcome.CLEAN),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", EngineOutcome.FOUND),
        (b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0", EngineOutcome.INCOMPLETE),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", EngineOutcome.INCOMPLETE),
        (b"INSTREAM size limit exceeded. ERROR\0", EngineOutcome.INCOMPLETE),
    ],
)
async def test_an_answer_is_understood(reply: bytes, outcome: EngineOutcome) -> None:
    async with a_daemon(lambda message: reply if message == MESSAGE else None) as server:
        answer = await ask(server)

    assert answer.outcome is outcome


async def test_where_one_daemon_is_gone_the_next_is_asked() -> None:
    async with a_daemon(lambda message: b"stream: OK\0") as gone:
        pass
    async with a_daemon(lambda message: b"stream: X FOUND\0") as server:
        answer = await ask(gone, "/nowhere/clamd.ctl", server)

    assert answer.name == "X"


async def test_where_no_daemon_answers_it_is_for_later() -> None:
    async with a_daemon(lambda message: b"stream: OK\0") as gone:
        pass

    with pytest.raises(TemporaryFailure):
        await ask(gone, "/nowhere/clamd.ctl")


@pytest.mark.parametrize("reply", [b"", b"stream: Can't allocate memory ERROR\0", b"nonsense\0"])
async def test_a_message_over_which_daemons_break_is_told_and_not_clean(reply: bytes) -> None:
    async with a_daemon(lambda message: reply) as server:
        answer = await ask(server)

    assert answer.outcome is EngineOutcome.INCOMPLETE


async def test_a_message_beyond_the_size_is_not_clean() -> None:
    async with a_daemon(lambda message: b"stream: OK\0") as server:
        answer = await ask(server, max_size=1_000)

    assert answer.outcome is EngineOutcome.INCOMPLETE


@pytest.mark.parametrize("server", ["clamd", "127.0.0.1", "127.0.0.1:x", ":3310"])
def test_a_server_that_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        ClamavSettings(servers=(server,))
