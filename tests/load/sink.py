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


class Content:
    """What follows one DATA: stuffed dots taken out, the body hashed as it comes, never held whole."""

    def __init__(self, *, keep: bool) -> None:
        self.header = b""
        self.body = hashlib.sha256()
        self.kept: list[bytes] | None = [] if keep else None
        self.rest: bytes | None = None
        """What came behind the dot; None until it has come."""
        # The line end of DATA itself stands before the first line, so that all lines look alike.
        self._held = b"\r\n"
        self._is_first = True
        self._in_header = True

    def feed(self, data: bytes) -> None:
        """Take what came."""
        octets = self._held + data
        end = octets.find(b"\r\n.\r\n")
        # What is left for later begins with a line end, so no stuffed dot is ever cut in two.
        cut = end + 2 if end >= 0 else octets.rfind(b"\r\n", 0, -4)
        if end >= 0:
            self.rest = octets[end + 5 :]
        if cut >= 0:
            self._held = octets[cut:]
            self._take(octets[:cut].replace(b"\r\n..", b"\r\n."))
        else:
            self._held = octets

    def _take(self, octets: bytes) -> None:
        if self._is_first and octets:
            octets, self._is_first = octets[2:], False
        if self.kept is not None:
            self.kept.append(octets)
        if not self._in_header:
            self.body.update(octets)
            return
        self.header += octets
        header, end, body = self.header.partition(b"\r\n\r\n")
        if end:
            self.header, self._in_header = header, False
            self.body.update(body)


class Sink(asyncio.Protocol):
    """One session."""

    def __init__(self, ledger: IO[str], keep: Path | None) -> None:
        self._ledger = ledger
        self._keep = keep
        self._buffer = b""
        self._content: Content | None = None
        self._recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        while data:
            data = self._read_content(self._content, data) if self._content else self._read_lines(data)

    def _read_content(self, content: Content, data: bytes) -> bytes:
        content.feed(data)
        if content.rest is None:
            return b""
        self._content = None
        self._note(content)
        self._answer_content(content)
        return content.rest

    def _answer_content(self, content: Content) -> None:
        del content
        if not self._transport.is_closing():
            self._transport.write(b"250 2.0.0 kept\r\n")

    @staticmethod
    def identity_of(content: Content) -> str:
        """Return the id under which we queued it, as its trace header says."""
        queued = _QUEUE_ID.search(content.header)
        return queued.group(1).decode() if queued else "-"

    def _read_lines(self, data: bytes) -> bytes:
        """Obey all lines up to DATA; return what is content."""
        self._buffer += data
        while self._content is None:
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                return b""
            self._buffer = rest
            self._command(line)
        rest, self._buffer = self._buffer, b""
        return rest

    def _note(self, content: Content) -> None:
        named = _TEST_ID.search(content.header)
        name = named.group(1).decode() if named else "-"
        identity = self.identity_of(content)
        recipients = ",".join(self._recipients)
        self._ledger.write(f"{name} {content.body.hexdigest()} {recipients} {identity}\n")
        self._ledger.flush()
        if self._keep is not None and content.kept is not None:
            number = len(list(self._keep.glob(f"{identity}*")))
            (self._keep / f"{identity}-{number}").write_bytes(b"".join(content.kept))

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"DATA" and not self._recipients:
            self._transport.write(b"503 5.5.1 no recipients\r\n")
        elif verb == b"DATA":
            self._content = Content(keep=self._keep is not None)
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
