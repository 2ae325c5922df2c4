"""Undoing content transfer encodings, as tolerantly as the most tolerant mail client.

Clients step over junk in base64, some stop at the first padding and some do not, some drop a line
with a foreign character and some only the character.  The likeliest reading comes first; the others
have encodings of their own, so that a part can be read in every way that somebody might.

Decoders work through pieces of a bounded size and yield octets as they go.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from lazaretto.mail.octets import Octets, pieces

PIECE = 256 << 10
MAX_LINE = 64 << 10
"""Octets of an encoded line that are kept together."""


class Encoding(Enum):
    """A way to read the octets of a part."""

    IDENTITY = "identity"
    BASE64 = "base64"
    """Foreign characters are stepped over; padding ends a group and more may follow."""
    BASE64_TO_PADDING = "base64-to-padding"
    """The first padding is the end."""
    BASE64_WITHOUT_PADDING = "base64-without-padding"
    """Padding is a foreign character like others."""
    BASE64_CLEAN_LINES = "base64-clean-lines"
    """A line with a foreign character is left out."""
    BASE64_TO_JUNK = "base64-to-junk"
    """The first foreign character is the end."""
    BASE64_LINEWISE = "base64-linewise"
    """Each line is decoded by itself; what is no whole group at its end is left out."""
    BASE64_LINES_TO_JUNK = "base64-lines-to-junk"
    """A foreign character ends its line."""
    BASE64_QUADWISE = "base64-quadwise"
    """Each four characters are a group, wherever the padding stands in it."""
    BASE64_PADDING_AS_ZERO = "base64-padding-as-zero"
    """Padding with more behind it counts as six zero bits."""
    BASE64_FIRST_BLOCK = "base64-first-block"
    """An empty line is the end."""
    BASE64_BLOCKWISE = "base64-blockwise"
    """An empty line ends a group."""
    QUOTED_PRINTABLE = "quoted-printable"
    QUOTED_PRINTABLE_SKIP_1 = "quoted-printable-skip-1"
    """The sign of a wrong escape is left out."""
    QUOTED_PRINTABLE_SKIP_2 = "quoted-printable-skip-2"
    """It and the character after it are left out."""
    QUOTED_PRINTABLE_SKIP_3 = "quoted-printable-skip-3"
    """It and the two characters after it are left out."""
    UUENCODE = "uuencode"
    YENC = "yenc"
    GZIP64 = "gzip64"
    BINHEX = "binhex"


BASE64_READINGS_OF_JUNK = (
    Encoding.BASE64_CLEAN_LINES,
    Encoding.BASE64_TO_JUNK,
    Encoding.BASE64_LINES_TO_JUNK,
)
BASE64_READINGS_OF_PADDING = (
    Encoding.BASE64_TO_PADDING,
    Encoding.BASE64_WITHOUT_PADDING,
    Encoding.BASE64_QUADWISE,
    Encoding.BASE64_PADDING_AS_ZERO,
)
BASE64_READINGS_OF_BLOCKS = (Encoding.BASE64_FIRST_BLOCK, Encoding.BASE64_BLOCKWISE)
QUOTED_PRINTABLE_READINGS = (
    Encoding.QUOTED_PRINTABLE_SKIP_1,
    Encoding.QUOTED_PRINTABLE_SKIP_2,
    Encoding.QUOTED_PRINTABLE_SKIP_3,
)

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN = bytes(set(range(256)) - set(_ALPHABET) - {ord("=")})
BASE64_CHARACTERS = _ALPHABET + b"= \t\r\n"
_PADDED_INSIDE = re.compile(rb"=[^A-Za-z0-9+/]*+[A-Za-z0-9+/]")
_QUAD = re.compile(rb"....", re.DOTALL)
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)")
_BAD_ESCAPES = (
    _BAD_ESCAPE,
    re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)[^=\r\n]"),
    re.compile(rb"=(?![0-9A-F]{2}|[ \t]*\r?\n)[^=\r\n]{1,2}"),
)
_JUNK_OCTET = re.compile(rb"[^A-Za-z0-9+/= \t\r\n]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Octets of a part with its encoding undone."""

    octets: bytes
    cut: bool
    """There is more of it than was asked for."""


def decode(encoding: Encoding, octets: Octets, start: int, end: int, limit: int) -> Decoded:
    """Return at most ``limit`` octets of what lies between ``start`` and ``end``."""
    if encoding is Encoding.IDENTITY:
        return Decoded(octets[start : min(end, start + limit)], end - start > limit)
    found: list[bytes] = []
    size = 0
    for piece in stream(encoding, octets, start, end):
        found.append(piece)
        size += len(piece)
        if size > limit:
            return Decoded(b"".join(found)[:limit], cut=True)
    return Decoded(found[0] if len(found) == 1 else b"".join(found), cut=False)


def stream(encoding: Encoding, octets: Octets, start: int, end: int) -> Iterator[bytes]:
    """Yield the decoded octets in order; never raises for what the octets are."""
    return _DECODERS[encoding](pieces(octets, start, end, PIECE))


@dataclass(frozen=True, slots=True)
class Base64Faults:
    """In which ways base64 is not as it should be."""

    junk: bytes = b""
    """The first foreign characters."""
    padded_inside: bool = False
    blocks: bool = False
    """There are empty lines inside."""
    odd_lines: bool = False
    """Its lines do not end where groups end."""

    def __bool__(self) -> bool:
        return bool(self.junk) or self.padded_inside or self.blocks or self.odd_lines


def faults_of_base64(octets: Octets, start: int, end: int) -> Base64Faults:
    """Return what readers of this base64 may disagree about."""
    junk = b""
    padded_inside = blocks = False
    for piece in pieces(octets, start, end, PIECE):
        junk = junk or piece.translate(None, BASE64_CHARACTERS)[:40]
        padding = piece.find(b"=")
        padded_inside = padded_inside or (padding >= 0 and _PADDED_INSIDE.search(piece, padding) is not None)
        empty = piece.find(b"\n\n") if b"\n\n" in piece else piece.find(b"\n\r\n")
        blocks = blocks or (empty >= 0 and piece[empty:].strip() != b"")
    lines = octets[start : min(end, start + 400)].split(b"\n", 3)
    odd = len(lines) > 2 and any(len(line.translate(None, _FOREIGN)) % 4 for line in lines[:2])
    return Base64Faults(junk, padded_inside, blocks, odd)


def faults_of_quoted_printable(octets: Octets, start: int, end: int) -> bytes:
    """Return the first escape that readers may disagree about; empty when there is none."""
    for piece in pieces(octets, start, end, PIECE):
        match = _BAD_ESCAPE.search(piece)
        if match is not None and match.end() + 2 < len(piece):
            return piece[match.start() : match.start() + 4]
    return b""


def _identity(source: Iterator[bytes]) -> Iterator[bytes]:
    yield from source


def _base64(source: Iterator[bytes]) -> Iterator[bytes]:
    carry = b""
    for piece in source:
        groups = (carry + piece.translate(None, _FOREIGN)).split(b"=")
        for group in groups[:-1]:
            if group:
                yield _padded(group)
        whole = len(groups[-1]) // 4 * 4
        carry = groups[-1][whole:]
        if whole:
            yield binascii.a2b_base64(groups[-1][:whole])
    if carry:
        yield _padded(carry)


def _padded(group: bytes) -> bytes:
    if len(group) % 4 == 1:
        group = group[:-1]
    return binascii.a2b_base64(group + b"=" * (-len(group) % 4))


def _base64_to_padding(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(_until(source, re.compile(rb"=")))


def _base64_to_junk(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(_until(source, _JUNK_OCTET))


def _until(source: Iterator[bytes], stop: re.Pattern[bytes]) -> Iterator[bytes]:
    for piece in source:
        match = stop.search(piece)
        if match is not None:
            yield piece[: match.start()]
            return
        yield piece


def _base64_without_padding(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(piece.translate(None, b"=") for piece in source)


def _base64_clean_lines(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(line for line in _lines(source) if not line.translate(None, BASE64_CHARACTERS))


def _base64_linewise(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in _lines(source):
        digits = line.translate(None, _FOREIGN)
        yield from _base64(iter((digits[: len(digits) // 4 * 4],)))


def _base64_lines_to_junk(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(_JUNK_OCTET.split(line, maxsplit=1)[0] for line in _lines(source))


def _base64_quadwise(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(_QUAD.sub(_padding_last, quads) for quads in _quads(source))


def _base64_padding_as_zero(source: Iterator[bytes]) -> Iterator[bytes]:
    return _base64(quads.replace(b"=", b"A") for quads in _quads(source))


def _quads(source: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in source:
        digits = rest + piece.translate(None, _FOREIGN)
        whole = len(digits) // 4 * 4
        rest = digits[whole:]
        yield digits[:whole]
    yield rest


def _padding_last(quad: re.Match[bytes]) -> bytes:
    return quad[0].replace(b"=", b"").ljust(4, b"=") if b"=" in quad[0] else quad[0]


def _base64_first_block(source: Iterator[bytes]) -> Iterator[bytes]:
    begun = False
    block: list[bytes] = []
    for line in _lines(source):
        if line.strip():
            begun = True
            block.append(line)
        elif begun:
            break
    return _base64(iter(block))


def _base64_blockwise(source: Iterator[bytes]) -> Iterator[bytes]:
    # Padding ends a group as an empty line does here.
    return _base64(line if line.strip() else b"=" for line in _lines(source))


def _lines(source: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends; a line longer than ``MAX_LINE`` comes in pieces."""
    rest = b""
    for piece in source:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line + b"\n"
        if len(rest) > MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _quoted_printable(source: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in source:
        text = rest + piece
        # An escape may be cut in two by the piece's end; white space before a line end may be, too.
        cut = max(text.rfind(b"\n") + 1, len(text) - MAX_LINE)
        rest = text[cut:]
        yield binascii.a2b_qp(_soft(text[:cut]))
    if rest:
        yield binascii.a2b_qp(_soft(rest))


def _skipping(bad: re.Pattern[bytes]) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    def decoder(source: Iterator[bytes]) -> Iterator[bytes]:
        return _quoted_printable(bad.sub(b"", line) for line in _lines(source))

    return decoder


_BLANK_BEFORE_END = re.compile(rb"=[ \t]+(?=\r?\n)")


def _soft(text: bytes) -> bytes:
    return _BLANK_BEFORE_END.sub(b"=", text) if b"= " in text or b"=\t" in text else text


def _uuencode(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in _lines(source):
        text = line.rstrip(b"\r\n")
        if not text or text.startswith((b"begin ", b"end", b"`")):
            continue
        length = (text[0] - 32) & 63
        wanted = (length + 2) // 3 * 4
        if length and wanted <= len(text) + 4:
            yield _uu_line(text, length, wanted)


def _uu_line(text: bytes, length: int, wanted: int) -> bytes:
    # Encoders disagree about checksums and trailing blanks: only what the length announces counts.
    groups = text[1 : 1 + wanted].ljust(wanted, b" ").translate(_UU_TO_BASE64)
    return binascii.a2b_base64(groups)[:length]


_UU_TO_BASE64 = bytes(_ALPHABET[(octet - 32) & 63] for octet in range(256))


def _yenc(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in _lines(source):
        text = line.rstrip(b"\r\n")
        if text.startswith((b"=ybegin", b"=ypart", b"=yend")):
            continue
        plain, *escaped = text.split(b"=")
        yield b"".join((plain.translate(_YENC), *(_yenc_escaped(rest) for rest in escaped)))


def _yenc_escaped(rest: bytes) -> bytes:
    return bytes([(rest[0] - 106) & 255]) + rest[1:].translate(_YENC) if rest else b""


_YENC = bytes((octet - 42) & 255 for octet in range(256))


def _gzip64(source: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=47)
    for piece in _base64(source):
        data = piece
        while data and not inflate.eof:
            try:
                yield inflate.decompress(data, PIECE)
            except zlib.error:
                return
            data = inflate.unconsumed_tail


_BINHEX_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BINHEX_FOREIGN = bytes(set(range(256)) - set(_BINHEX_ALPHABET))
_BINHEX_TO_BASE64 = bytes.maketrans(_BINHEX_ALPHABET, _ALPHABET)
_BINHEX_RUN = re.compile(rb"(.)\x90(.)", re.DOTALL)
_MAX_BINHEX = 16 << 20


def _binhex(source: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the data fork of a BinHex 4.0 file."""
    text = b""
    for piece in source:
        text += piece
        if len(text) > _MAX_BINHEX:
            break
    start = text.find(b":")
    end = text.find(b":", start + 1)
    digits = text[start + 1 : end if end > 0 else None].translate(None, _BINHEX_FOREIGN)
    packed = _padded(digits.translate(_BINHEX_TO_BASE64))
    data = _BINHEX_RUN.sub(lambda run: run[1] * max(1, run[2][0]) if run[2][0] else b"\x90", packed)
    name = data[0] if data else 0
    size = int.from_bytes(data[name + 12 : name + 16], "big")
    yield data[name + 22 : name + 22 + size]


_DECODERS: dict[Encoding, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    Encoding.IDENTITY: _identity,
    Encoding.BASE64: _base64,
    Encoding.BASE64_TO_PADDING: _base64_to_padding,
    Encoding.BASE64_WITHOUT_PADDING: _base64_without_padding,
    Encoding.BASE64_CLEAN_LINES: _base64_clean_lines,
    Encoding.BASE64_TO_JUNK: _base64_to_junk,
    Encoding.BASE64_LINEWISE: _base64_linewise,
    Encoding.BASE64_LINES_TO_JUNK: _base64_lines_to_junk,
    Encoding.BASE64_QUADWISE: _base64_quadwise,
    Encoding.BASE64_PADDING_AS_ZERO: _base64_padding_as_zero,
    Encoding.BASE64_FIRST_BLOCK: _base64_first_block,
    Encoding.BASE64_BLOCKWISE: _base64_blockwise,
    Encoding.QUOTED_PRINTABLE: _quoted_printable,
    Encoding.QUOTED_PRINTABLE_SKIP_1: _skipping(_BAD_ESCAPES[0]),
    Encoding.QUOTED_PRINTABLE_SKIP_2: _skipping(_BAD_ESCAPES[1]),
    Encoding.QUOTED_PRINTABLE_SKIP_3: _skipping(_BAD_ESCAPES[2]),
    Encoding.UUENCODE: _uuencode,
    Encoding.YENC: _yenc,
    Encoding.GZIP64: _gzip64,
    Encoding.BINHEX: _binhex,
}
