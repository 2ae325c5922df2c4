"""A message as signatures see it: raw header fields and the place where the body begins.

Signatures cover octets, not meanings, so this is deliberately less than ``mail``'s view: it splits
and never decodes.  What it takes for a field, a lenient reader would take for one as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from lazaretto.mail.octets import Octets

LARGEST_HEADER = 1_048_576
MOST_FIELDS = 2_000
CHUNK = 1_048_576


@dataclass(frozen=True, slots=True)
class RawField:
    """One header field: ``name`` lower case, ``raw`` as received with its CRLF."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        """Everything behind the colon, still folded."""
        return self.raw.partition(b":")[2]


_END_OF_FIELD = re.compile(rb"\r\n(?![ \t])")
_LONE_LF = re.compile(rb"(?<!\r)\n")


def fields_of(header: bytes) -> tuple[RawField, ...]:
    """Return the fields of a header block in order; what has no colon is left out."""
    fields: list[RawField] = []
    for raw in _END_OF_FIELD.split(with_crlf(header[:LARGEST_HEADER]), maxsplit=MOST_FIELDS)[:MOST_FIELDS]:
        name, colon, _ = raw.partition(b":")
        if colon and name:
            # A name folded before its colon is no name to the standard, but is one to some readers.
            fields.append(RawField(name.strip(b" \t\r\n").lower(), raw + b"\r\n"))
    return tuple(fields)


def with_crlf(octets: bytes) -> bytes:
    """Return ``octets`` with every line end as CRLF: files on disk often have bare LF."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    return _LONE_LF.sub(b"\r\n", octets)


def _header_of(head: bytes) -> tuple[bytes, int]:
    """Return the header block up to the empty line, and where the body begins."""
    if head.startswith((b"\r\n", b"\n")):
        return b"", head.index(b"\n") + 1
    end = head.find(b"\n\r\n")
    bare = head.find(b"\n\n", 0, end if end >= 0 else len(head))
    if bare >= 0:
        return head[: bare + 1], bare + 2
    return (head[: end + 1], end + 3) if end >= 0 else (head, len(head))


class RawMessage:
    """The fields of a message and its body, which is read in chunks."""

    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        head = octets[0 : LARGEST_HEADER + 4]
        self.header, self.body_start = _header_of(head)

    @cached_property
    def fields(self) -> tuple[RawField, ...]:
        """Return the header fields in order."""
        return fields_of(self.header)

    def body(self) -> Iterator[bytes]:
        """Yield the body with CRLF line ends; no chunk ends between a CR and its LF."""
        places = range(self.body_start, len(self._octets), CHUNK)
        return _whole_line_ends(self._octets[start : start + CHUNK] for start in places)


class StreamedMessage:
    """The fields of a message that is read from its beginning in pieces, as often as is asked for."""

    def __init__(self, head: bytes, pieces: Callable[[], Iterator[bytes]]) -> None:
        """``head`` holds the whole header and the empty line; ``pieces`` yields everything."""
        self.header, self._body_start = _header_of(head)
        self._pieces = pieces

    @cached_property
    def fields(self) -> tuple[RawField, ...]:
        """Return the header fields in order."""
        return fields_of(self.header)

    def body(self) -> Iterator[bytes]:
        """Yield the body with CRLF line ends; no chunk ends between a CR and its LF."""
        return _whole_line_ends(self._behind_header())

    def _behind_header(self) -> Iterator[bytes]:
        left = self._body_start
        for piece in self._pieces():
            if left < len(piece):
                yield piece[left:] if left else piece
            left = max(0, left - len(piece))


def _whole_line_ends(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for given in chunks:
        chunk = held + given
        held = b"\r" if chunk.endswith(b"\r") else b""
        yield with_crlf(chunk[: len(chunk) - len(held)])
    if held:
        yield held
