"""A stage and a client for tests that need more than a text can say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.dialogs.conversation import Conversation, Line, Stage


@asynccontextmanager
async def staged(tls: ssl.SSLContext | None = None, **settings: object) -> AsyncIterator[Stage]:
    """Give a started edge; ``settings`` as in a conversation's directives."""
    texts = {"banner_delay": "0", **{name: str(value) for name, value in settings.items()}}
    stage = Stage(Conversation("", settings=texts), tls)
    await stage.edge.start()
    try:
        yield stage
    finally:
        await stage.edge.close()


async def called(stage: Stage, source: str = "127.0.0.1") -> Line:
    """Return a connection that has read its banner."""
    address = stage.edge.addresses[0]
    pair = await asyncio.open_connection(address.host, address.port, local_addr=(source, 0))
    line = Line(*pair)
    assert (await line.reply()).startswith("220 ")
    return line


async def said(line: Line, octets: bytes) -> str:
    """Send ``octets`` and return the next reply."""
    line.writer.write(octets)
    await line.writer.drain()
    return await line.reply()


async def ready_for_data(line: Line, recipient: str = "bob@customer.example") -> None:
    """Bring a dialogue to its 354."""
    assert (await said(line, b"EHLO sender.example\r\n")).startswith("250")
    assert (await said(line, b"MAIL FROM:<ann@sender.example>\r\n")).startswith("250")
    assert (await said(line, f"RCPT TO:<{recipient}>\r\n".encode())).startswith("250")
    assert (await said(line, b"DATA\r\n")).startswith("354")
