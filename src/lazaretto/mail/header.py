"""A header block as fields with their places in the message.

Nothing is decoded before somebody asks.  The block ends at the first empty line.  A line in it that
is no field (an mbox ``From `` line, the rest of a badly folded field) is stepped over as most
clients do, unless nothing but text follows: then the author forgot the empty line, and the body
begins there.
"""

from __future__ import annotations

import re
from functools import cached_property

from lazaretto.mail import encoded_words
from lazaretto.mail.anomalies import Anomalies
from lazaretto.mail.limits import DEFAULT, Limits
from lazaretto.mail.octets import Octets

_FIRST_READ = 16 << 10
_END = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~\x80-\xff]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_LINE = re.compile(rb"[^\n]*\n?")
_TELLING = re.compile(
    rb"^[ \t\r]*(?:content-[a-z-]+[ \t]*(?:\r?\n[ \t]*)?[: \t]"
    rb"|(?:mime-version|from|to|cc|subject|date|message-id|received|return-path|reply-to)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
_ODD = (b"\0", b"\x0b", b"\x0c")
_LOOSE = re.compile(
    rb"content-(type|transfer-encoding|disposition)[\x00-\x20]*[: ][\x00-\x20]*"
    rb"([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)


class Field:
    """One header field, with its place in the octets from its name to its last line end."""

    __slots__ = ("__dict__", "length", "name", "offset", "raw")

    def __init__(self, name: str, offset: int, length: int, raw: bytes) -> None:
        self.name = name
        """Lower case, without the white space that may stand before the colon."""
        self.offset = offset
        self.length = length
        self.raw = raw
        """What follows the colon, without the last line end."""

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.offset}, {self.raw[:60]!r})"

    @property
    def end(self) -> int:
        """The place after the field's last line end."""
        return self.offset + self.length

    @cached_property
    def unfolded(self) -> bytes:
        """The value as one line without surrounding white space."""
        return encoded_words.unfold(self.raw).strip(b" \t")

    @cached_property
    def decoded(self) -> str:
        """The value as a client shows it."""
        return encoded_words.decode(self.raw)


class Header:
    """The fields of one header block in order."""

    __slots__ = ("_by_name", "_is_odd", "body_offset", "end", "fields", "junk", "offset", "raw")

    def __init__(
        self, fields: tuple[Field, ...], raw: bytes, offset: int, body_offset: int, junk: tuple[int, ...] = ()
    ) -> None:
        self.fields = fields
        self.raw = raw
        """The block without the empty line that ends it."""
        self.offset = offset
        self.end = offset + len(raw)
        self.body_offset = body_offset
        self.junk = junk
        """Places of the lines that are no fields."""
        self._is_odd = bool(junk) or _has_odd_octets(raw)
        self._by_name: dict[str, list[Field]] = {}
        for field in fields:
            self._by_name.setdefault(field.name, []).append(field)

    def first(self, name: str) -> Field | None:
        """Return the first field called ``name`` (lower case)."""
        found = self._by_name.get(name)
        return found[0] if found else None

    def all(self, name: str) -> tuple[Field, ...]:
        """Return every field called ``name`` (lower case) in order."""
        return tuple(self._by_name.get(name, ()))

    def decoded(self, name: str) -> str:
        """Return the first such field as a client shows it; empty when there is none."""
        found = self._by_name.get(name)
        return found[0].decoded if found else ""

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names that occur, each once, in order."""
        return tuple(self._by_name)

    @property
    def is_odd(self) -> bool:
        """Tell whether readers may disagree where its fields begin."""
        return self._is_odd

    def loose(self, name: str) -> tuple[bytes, ...]:
        """Return values of what looks like the MIME field ``name`` anywhere in an odd block."""
        wanted = name.removeprefix("content-").encode()
        return tuple(m[2] for m in _LOOSE.finditer(self.raw) if m[1].lower() == wanted)


def _has_odd_octets(raw: bytes) -> bool:
    return raw.count(b"\r") != raw.count(b"\r\n") or any(octet in raw for octet in _ODD)


def scan_header(
    octets: Octets, start: int, end: int, anomalies: Anomalies, limits: Limits = DEFAULT
) -> Header:
    """Return the header block at ``start``; the part that it heads ends at ``end``."""
    block, body = _block(octets, start, end, anomalies, limits)
    fields: list[Field] = []
    junk: list[int] = []
    position = 0
    last_telling: int | None = None
    while position < len(block):
        match = _FIELD.match(block, position)
        if match is None:
            if last_telling is None:
                last_telling = _last_telling(block)
            if position > last_telling and not _is_stray(block, position):
                return Header(
                    tuple(fields), block[:position], start, start + position, (*junk, start + position)
                )
            junk.append(start + position)
            position = _LINE.match(block, position).end()  # type: ignore[union-attr]
            continue
        if len(fields) >= limits.fields:
            anomalies.limit("FIELDS", f"more than {limits.fields} fields")
            break
        fields.append(_field(match, start, anomalies, limits))
        position = match.end()
    if junk:
        anomalies.malformed("JUNK_IN_HEADER", block[junk[0] - start :][:80])
    return Header(tuple(fields), block, start, body, tuple(junk))


def _field(match: re.Match[bytes], start: int, anomalies: Anomalies, limits: Limits) -> Field:
    offset, length = match.start(), match.end() - match.start()
    raw = match[2]
    if length > limits.field:
        anomalies.limit("FIELD", f"{match[1][:40].decode('latin-1')}: {length} octets")
        raw = raw[: limits.field]
    if raw.endswith(b"\r"):
        raw = raw[:-1]
    return Field(match[1].decode("latin-1").lower(), start + offset, length, raw)


def _block(octets: Octets, start: int, end: int, anomalies: Anomalies, limits: Limits) -> tuple[bytes, int]:
    """Return the octets of the block and where the body begins."""
    for wanted in (_FIRST_READ, limits.header):
        block = octets[start : min(end, start + wanted)]
        if block.startswith((b"\n", b"\r\n")):
            return b"", start + 1 + (block[:1] == b"\r")
        match = _END.search(block)
        if match is not None:
            return block[: match.start() + 1], start + match.end()
        if start + len(block) >= end:
            return block, end
    anomalies.limit("HEADER", f"longer than {limits.header} octets")
    cut = block.rfind(b"\n") + 1 or len(block)
    return block[:cut], start + cut


def _is_stray(block: bytes, position: int) -> bool:
    """Tell whether the line at ``position``, no field, never begins a text."""
    return block.startswith((b"From ", b">From ", b" ", b"\t"), position)


def _last_telling(block: bytes) -> int:
    """Return where the last field stands by which a header is known; before all when there is none."""
    last = -1
    for match in _TELLING.finditer(block):
        last = match.start()
    return last
