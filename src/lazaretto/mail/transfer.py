"""Undoing content transfer encodings, as tolerantly as the most tolerant mail client.

Clients step over junk in base64, some stop at the first padding and some do not, some drop a line
with a foreign character and some only the character.  The likeliest reading comes first; the others
have encodings of their own, so that a part can be read in every way that somebody might.

Decoders work through pieces of a bounded size and yield octets as they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from lazaretto.mail import base64_readings, file_encodings, quoted_printable
from lazaretto.mail.encoded_lines import PIECE
from lazaretto.mail.octets import Octets, pieces


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
    QUOTED_PRINTABLE_JOINED = "quoted-printable-joined"
    """Lines are put together before escapes are undone."""
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
    Encoding.QUOTED_PRINTABLE_JOINED,
)


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
        size += len(piece)
        if size > limit:
            found.append(piece[: len(piece) - (size - limit)])
            return Decoded(b"".join(found), cut=True)
        found.append(piece)
    return Decoded(found[0] if len(found) == 1 else b"".join(found), cut=False)


def stream(encoding: Encoding, octets: Octets, start: int, end: int) -> Iterator[bytes]:
    """Yield the decoded octets in order; never raises for what the octets are."""
    return _DECODERS[encoding](pieces(octets, start, end, PIECE))


def _identity(source: Iterator[bytes]) -> Iterator[bytes]:
    yield from source


_DECODERS: dict[Encoding, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    Encoding.IDENTITY: _identity,
    Encoding.BASE64: base64_readings.decode,
    Encoding.BASE64_TO_PADDING: base64_readings.to_padding,
    Encoding.BASE64_WITHOUT_PADDING: base64_readings.without_padding,
    Encoding.BASE64_CLEAN_LINES: base64_readings.clean_lines,
    Encoding.BASE64_TO_JUNK: base64_readings.to_junk,
    Encoding.BASE64_LINEWISE: base64_readings.linewise,
    Encoding.BASE64_LINES_TO_JUNK: base64_readings.lines_to_junk,
    Encoding.BASE64_QUADWISE: base64_readings.quadwise,
    Encoding.BASE64_PADDING_AS_ZERO: base64_readings.padding_as_zero,
    Encoding.BASE64_FIRST_BLOCK: base64_readings.first_block,
    Encoding.BASE64_BLOCKWISE: base64_readings.blockwise,
    Encoding.QUOTED_PRINTABLE: quoted_printable.decode,
    Encoding.QUOTED_PRINTABLE_SKIP_1: quoted_printable.skip_1,
    Encoding.QUOTED_PRINTABLE_SKIP_2: quoted_printable.skip_2,
    Encoding.QUOTED_PRINTABLE_SKIP_3: quoted_printable.skip_3,
    Encoding.QUOTED_PRINTABLE_JOINED: quoted_printable.joined,
    Encoding.UUENCODE: file_encodings.uuencode,
    Encoding.YENC: file_encodings.yenc,
    Encoding.GZIP64: file_encodings.gzip64,
    Encoding.BINHEX: file_encodings.binhex,
}
