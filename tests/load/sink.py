"""A next hop that costs next to nothing: accepts everything, and writes down what came.

Only recipients whose names begin with ``gone`` or ``later`` are refused, for good or for now.

Runs as ``python -m tests.load.sink PORT LEDGER [FOLDER]``; with FOLDER each message is kept there
as a file named by its queue id.  One line per message in LEDGER: the value of its
``X-Test-Id`` field, the SHA-256 of its body, its recipients, and the id under which it was queued.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from pathlib import Path
from typing import IO, cast

import uvloop

EXTENSIONS = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1100000000\r\n"
_TEST_ID = re.compile(rb"(?im)^x-test-id:[ \t]*([^\r\n]+)")
_QUEUE_ID = re.compile(rb"\bid ([0-9a-f]{8}-[0-9a-f-]{27})\b")


class Sink(asyncio.Protocol):
    """One session."""

    def __init__(self, ledger: IO[str], keep: Path | None) -> None:
        self._ledger = ledger
        self._keep = keep
        self._buffer = b""
        self._in_data = False
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        if self._in_data:
            return self._message()
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        self._command(line)
        return True

    def _message(self) -> bool:
        end = self._buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        message, self._buffer = self._buffer[: end + 2], self._buffer[end + 5 :]
        self._in_data = False
        self._note(message.replace(b"\r\n..", b"\r\n."))
        self._transport.write(b"250 2.0.0 kept\r\n")
        return True

    def _note(self, message: bytes) -> None:
        header, _, body = message.partition(b"\r\n\r\n")
        named = _TEST_ID.search(header)
        name = named.group(1).decode() if named else "-"
        digest = hashlib.sha256(body).hexdigest()
        queued = _QUEUE_ID.search(header)
        identity = queued.group(1).decode() if queued else "-"
        self._ledger.write(f"{name} {digest} {','.join(self._recipients)} {identity}\n")
        self._ledger.flush()
        if self._keep is not None:
            number = len(list(self._keep.glob(f"{identity}*")))
            (self._keep / f"{identity}-{number}").write_bytes(message)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"DATA" and not self._recipients:
            self._transport.write(b"503 5.5.1 no recipients\r\n")
        elif verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"EHLO":
            self._transport.write(EXTENSIONS)
        elif verb == b"QUIT":
            self._transport.write(b"221 2.0.0 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(self._answer(verb, line))

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"MAIL":
            self._recipients = []
        elif verb == b"RCPT":
            recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            if recipient.startswith("gone"):
                return b"550 5.1.1 no such mailbox\r\n"
            if recipient.startswith("later"):
                return b"450 4.2.1 mailbox busy\r\n"
            self._recipients.append(recipient)
        return b"250 2.0.0 ok\r\n"


async def serve(port: int, ledger_path: str, keep: Path | None) -> None:
    """Serve until ended."""
    with open(ledger_path, "a", encoding="utf-8") as ledger:
        server = await asyncio.get_running_loop().create_server(lambda: Sink(ledger, keep), "127.0.0.1", port)
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], folder))
