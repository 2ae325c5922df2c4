"""Quoted-printable in each way in which clients decode what is not quite that."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator

from lazaretto.mail.encoded_lines import MAX_LINE, PIECE, lines_of
from lazaretto.mail.octets import Octets, pieces

_BAD_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)")
_BAD_ESCAPES = (
    _BAD_ESCAPE,
    re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)[^=\r\n]"),
    re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)[^=\r\n]{1,2}"),
)
_SOFT_END = re.compile(rb"=[ \t]*\r?\n\Z")
_BLANK_BEFORE_END = re.compile(rb"=[ \t]+(?=\r?\n)")


def fault(octets: Octets, start: int, end: int) -> bytes:
    """Return the first escape that readers may disagree about; empty when there is none."""
    for piece in pieces(octets, start, end, PIECE):
        match = _BAD_ESCAPE.search(piece)
        if match is not None and match.end() + 2 < len(piece):
            return piece[match.start() : match.start() + 4]
    return b""


def decode(source: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in source:
        text = rest + piece
        # An escape may be cut in two by the piece's end; white space before a line end may be, too.
        cut = max(text.rfind(b"\n") + 1, len(text) - MAX_LINE)
        rest = text[cut:]
        yield binascii.a2b_qp(_soft(text[:cut]))
    if rest:
        yield binascii.a2b_qp(_soft(rest))


def skipping(bad: re.Pattern[bytes]) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    def decoder(source: Iterator[bytes]) -> Iterator[bytes]:
        return decode(bad.sub(b"", line) for line in lines_of(source))

    return decoder


def _soft(text: bytes) -> bytes:
    return _BLANK_BEFORE_END.sub(b"=", text) if b"= " in text or b"=\t" in text else text


def joined(source: Iterator[bytes]) -> Iterator[bytes]:
    """Put the lines together before anything is decoded, so that no line end breaks an escape."""
    return decode(_joined_lines(source))


def _joined_lines(source: Iterator[bytes]) -> Iterator[bytes]:
    pending: list[bytes] = []
    size = 0
    for line in lines_of(source):
        text = _SOFT_END.sub(b"", line)
        pending.append(text)
        size += len(text)
        if size > MAX_LINE or len(text) == len(line):
            yield b"".join(pending)
            pending, size = [], 0
    yield b"".join(pending)


skip_1, skip_2, skip_3 = (skipping(bad) for bad in _BAD_ESCAPES)
"""Leave out so many characters where an escape is wrong."""
