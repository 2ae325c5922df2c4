"""Replies of an SMTP server, read from the wire (RFC 5321 §4.2, RFC 2034).

A server is a stranger as much as a client is: what is not a reply, and a reply that does not end,
are errors of their own, so that a garbled dialogue is given up at once and not misread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.reply import Reply

MAX_REPLY = 65_536
"""Octets of one reply, all its lines together; RFC 5321 asks for 512 per line."""
MAX_TEXT = 1_000
"""Characters of a reply's text that we keep for journal and DSN."""

_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class ReplyGarbage(TemporaryFailure):
    """The other side sent what is no reply, or one without end."""


@dataclass(frozen=True, slots=True)
class WireReply:
    """One reply as sent: its code and the text of each line."""

    code: int
    lines: tuple[bytes, ...]

    def read(self) -> Reply:
        """Return it in three fields; the text is one line of printable ASCII, cut at ``MAX_TEXT``."""
        enhanced = self._enhanced()
        skip = len(enhanced)
        texts = (line[skip:] if skip and line.startswith(enhanced) else line for line in self.lines)
        text = b" ".join(text.strip(b" ") for text in texts)[:MAX_TEXT].decode("latin-1")
        return Reply(self.code, enhanced.decode("ascii"), _UNPRINTABLE.sub("?", text))

    def _enhanced(self) -> bytes:
        match = _ENHANCED.match(self.lines[0])
        if match is None or int(match[1]) != self.code // 100:
            return b""
        return match[0]


class ReplyReader:
    """Cuts the octets of a server into replies."""

    __slots__ = ("_buffer", "_code", "_lines", "_searched", "_size")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._size = 0
        self._code = 0
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Tell whether no octet of an unfinished reply is waiting."""
        return not self._buffer and not self._lines

    def feed(self, octets: bytes) -> list[WireReply]:
        """Return the replies that ``octets`` complete, in order; raise ``ReplyGarbage``.

        A line may end in LF alone: servers do that, and nothing hangs on it here.
        """
        self._buffer += octets
        replies: list[WireReply] = []
        start = 0
        while (end := self._buffer.find(b"\n", max(start, self._searched))) >= 0:
            line = bytes(self._buffer[start:end])
            start = end + 1
            self._count(len(line))
            if (reply := self._take(line.removesuffix(b"\r"))) is not None:
                replies.append(reply)
        del self._buffer[:start]
        # An unfinished line is searched once, however small the pieces in which it arrives.
        self._searched = len(self._buffer)
        if self._size + len(self._buffer) > MAX_REPLY:
            raise ReplyGarbage("reply too long")
        return replies

    def _count(self, octets: int) -> None:
        self._size += octets
        if self._size > MAX_REPLY:
            raise ReplyGarbage("reply too long")

    def _take(self, line: bytes) -> WireReply | None:
        code, separator = line[:3], line[3:4]
        if len(code) != 3 or not code.isdigit() or separator not in (b" ", b"-", b""):
            raise ReplyGarbage("not an SMTP reply")
        number = int(code)
        if not 200 <= number <= 599 or (self._lines and number != self._code):
            raise ReplyGarbage("not an SMTP reply")
        self._code = number
        self._lines.append(line[4:])
        if separator == b"-":
            return None
        reply = WireReply(number, tuple(self._lines))
        self._lines = []
        self._size = 0
        return reply
