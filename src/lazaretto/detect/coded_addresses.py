"""Reads QR codes in letters, which carry a link past everything that reads text: drawn or pictured.

Reading a picture costs milliseconds, so it is done only where a code is likely: the text speaks of
scanning, or a letter of few words has a picture that is about square.  Everything is bounded before
it is decoded, and read once for all who ask; a picture that a bound leaves unread is told.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from PIL import Image

from lazaretto.core.errors import LimitReached
from lazaretto.detect.codes import LEAST_SIDE, Allowance, check_scans, check_size, codes_in, leads_to_web
from lazaretto.mail.view import MessageView

MAX_PICTURES: Final = 20
MAX_OCTETS: Final = 32 << 20
MOST_SECONDS: Final = 2.0
"""Of processor time for all pictures of a message."""
FEW_LETTERS: Final = 1_500
_SCAN_WORDS = (
    "qr code",
    "qr-code",
    "qrcode",
    " qr ",
    "scan the",
    "scan this",
    "scan below",
    "scannez",
    "scanner le",
    "scannen sie",
    "scan de ",
    "phone camera",
    "appareil photo",
    "handykamera",
    "二维码",
    "扫描",
)
_DATA_PICTURE = re.compile(rb"data:image/(?:png|jpe?g|gif|webp);base64,([a-z0-9+/=\s%]{200,400000})", re.I)
_TABLE = re.compile(rb"<table\b[^>]{0,400}>((?:(?!</?table).){2000,200000})</table>", re.I | re.S)
_ROW = re.compile(rb"<tr\b.{0,20000}?</tr>", re.I | re.S)
_CELL = re.compile(rb"<t[dh]\b([^>]{0,300})>", re.I)
_DARK = re.compile(
    rb"(?:bgcolor|background(?:-color)?)\s*[=:]\s*[\"']?\s*(?:#0{3}(?:0{3})?\b|black|#[0-3][0-9a-f]{5}\b|rgb\(0)",
    re.I,
)
_SPAN = re.compile(rb"colspan\s*=\s*[\"']?(\d{1,2})", re.I)
_BLOCKS = "█▀▄■▓░ \u00a0"


@dataclass(frozen=True, slots=True)
class CodedAddress:
    """A web address in a QR code."""

    text: str
    is_drawn: bool
    """With cells of a table, or with characters."""


@dataclass(frozen=True, slots=True)
class _Read:
    addresses: tuple[CodedAddress, ...]
    unread: tuple[str, ...]


_known: WeakKeyDictionary[MessageView, _Read] = WeakKeyDictionary()


def coded_addresses(message: MessageView) -> tuple[CodedAddress, ...]:
    """Return where the QR codes of ``message`` lead; asked again, the same."""
    return _read(message).addresses


def unread_pictures(message: MessageView) -> tuple[str, ...]:
    """Return which bounds left pictures of ``message`` unread in which a code would have been looked for."""
    return _read(message).unread


def _read(message: MessageView) -> _Read:
    known = _known.get(message)
    if known is None:
        allowance, unread = Allowance(MOST_SECONDS), dict[str, None]()
        found = tuple(_found(message, allowance, unread))
        known = _known[message] = _Read(found, tuple(unread))
    return known


def _found(message: MessageView, allowance: Allowance, unread: dict[str, None]) -> Iterator[CodedAddress]:
    for picture, is_drawn in _pictures(message, allowance, unread):
        try:
            for text in codes_in(picture, allowance.step):
                if leads_to_web(text):
                    yield CodedAddress(text.strip(), is_drawn)
        except LimitReached as reached:
            unread[str(reached)] = None
            return


# What the library raises for octets that are no whole picture.
_BROKEN_PICTURE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
)


def _pictures(
    message: MessageView, allowance: Allowance, unread: dict[str, None]
) -> Iterator[tuple[Image.Image, bool]]:
    source = message.html_source
    if source.count(b"<td") >= LEAST_SIDE * 10:
        yield from ((picture, True) for picture in _tables(source))
    if "█" in message.text or "▄" in message.text:
        yield from ((picture, True) for picture in _drawings(message.text))
    if not any(part.main_type == "image" for part in message.leaves) and b"data:image" not in source:
        return
    text = message.text[:20_000].lower()
    spoken_of = any(word in text for word in _SCAN_WORDS)
    if not spoken_of and len(message.text) > FEW_LETTERS:
        return
    try:
        for octets in _encoded_pictures(message, unread):
            allowance.step()
            picture = _opened(octets, must_be_square=not spoken_of, unread=unread)
            if picture is not None:
                yield picture, False
    except LimitReached as reached:
        unread[str(reached)] = None


def _encoded_pictures(message: MessageView, unread: dict[str, None]) -> Iterator[bytes]:
    """Yield the octets of pictures; raises ``LimitReached`` where there are more."""
    count = 0
    for part in message.leaves:
        if part.main_type == "image":
            count = _one_more(count)
            decoded = part.decoded_part(MAX_OCTETS)
            if decoded.cut:
                unread[f"size of a picture reached: more than {MAX_OCTETS} octets"] = None
            else:
                yield decoded.octets
    for match in _DATA_PICTURE.finditer(message.html_source):
        count = _one_more(count)
        try:
            yield base64.b64decode(match[1].replace(b"%0A", b""))
        except (binascii.Error, ValueError):
            continue


def _one_more(count: int) -> int:
    if count >= MAX_PICTURES:
        raise LimitReached("pictures of a message", f"{MAX_PICTURES}")
    return count + 1


def _opened(octets: bytes, *, must_be_square: bool, unread: dict[str, None]) -> Image.Image | None:
    """Return a picture in shades of grey; None for what is none or is passed over."""
    try:
        with Image.open(io.BytesIO(octets), formats=("PNG", "JPEG", "GIF", "WEBP", "BMP")) as picture:
            width, height = picture.size
            if min(width, height) < LEAST_SIDE:
                return None
            if must_be_square and not 0.7 < width / height < 1.45:
                return None
            check_size(width, height)
            if picture.format == "JPEG":
                check_scans(octets, width, height)
                # Its shades alone are decoded, a third of the memory.
                picture.draft("L", picture.size)
            return picture.convert("L")
    except LimitReached as reached:
        unread[str(reached)] = None
        return None
    except _BROKEN_PICTURE:
        # What cannot be shown as a picture leads nobody anywhere.  Any other failure is the runner's.
        return None


def _tables(source: bytes) -> Iterator[Image.Image]:
    for table in _TABLE.finditer(source):
        rows = [_cells(row[0]) for row in _ROW.finditer(table[1])]
        rows = [row for row in rows if len(row) >= LEAST_SIDE]
        if len(rows) >= LEAST_SIDE:
            yield _drawn(rows)


def _cells(row: bytes) -> list[bool]:
    cells: list[bool] = []
    for cell in _CELL.finditer(row):
        span = _SPAN.search(cell[1])
        cells += [_DARK.search(cell[1]) is not None] * (int(span[1]) if span else 1)
        if len(cells) > 200:
            break
    return cells


def _drawings(text: str) -> Iterator[Image.Image]:
    """Yield the picture that consecutive lines of block characters make."""
    rows: list[list[bool]] = []
    for line in [*text[:60_000].split("\n"), ""]:
        kept = line.rstrip("\r")
        if len(kept) >= LEAST_SIDE and all(c in _BLOCKS for c in kept):
            rows += [[c in "█▀■▓" for c in kept], [c in "█▄■▓" for c in kept]]
        elif rows:
            if len(rows) >= LEAST_SIDE:
                yield _drawn(_squared(rows))
            rows = []


def _squared(rows: list[list[bool]]) -> list[list[bool]]:
    # Full blocks are two half rows high; drawings of full blocks alone take two characters a module.
    width = max(map(len, rows))
    if all(rows[i] == rows[i + 1] for i in range(0, len(rows) - 1, 2)) and width > 1.5 * len(rows) / 2:
        return [row[::2] for row in rows[::2]]
    return rows


def _drawn(rows: Sequence[Sequence[bool]]) -> Image.Image:
    width, quiet, scale = max(map(len, rows)), 4, 4
    picture = Image.new("L", (width + 2 * quiet, len(rows) + 2 * quiet), 255)
    for y, row in enumerate(rows[:200]):
        for x, dark in enumerate(row[:200]):
            if dark:
                picture.putpixel((x + quiet, y + quiet), 0)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
