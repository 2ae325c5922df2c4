"""Reads QR codes in letters, which carry a link past everything that reads text: drawn or pictured.

Reading a picture costs milliseconds, so it is done only where a code is likely: the text speaks of
scanning, or a letter of few words has a picture that is about square.  Everything is bounded before
it is decoded, and read once for all who ask.
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

from lazaretto.detect.codes import LEAST_SIDE, MAX_PIXELS, codes_in, leads_to_web
from lazaretto.mail.view import MessageView

MAX_PICTURES: Final = 6
MAX_OCTETS: Final = 2 << 20
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


_known: WeakKeyDictionary[MessageView, tuple[CodedAddress, ...]] = WeakKeyDictionary()


def coded_addresses(message: MessageView) -> tuple[CodedAddress, ...]:
    """Return where the QR codes of ``message`` lead; asked again, the same."""
    known = _known.get(message)
    if known is None:
        known = _known[message] = tuple(_read(message))
    return known


def _read(message: MessageView) -> Iterator[CodedAddress]:
    for picture, is_drawn in _pictures(message):
        for text in codes_in(picture):
            if leads_to_web(text):
                yield CodedAddress(text.strip(), is_drawn)


# What the library raises for octets that are no whole picture; a bomb's warning is an error there, too.
_BROKEN_PICTURE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def _pictures(message: MessageView) -> Iterator[tuple[Image.Image, bool]]:
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
    for octets in _encoded_pictures(message):
        picture = _opened(octets, must_be_square=not spoken_of)
        if picture is not None:
            yield picture, False


def _encoded_pictures(message: MessageView) -> Iterator[bytes]:
    count = 0
    for part in message.leaves:
        if part.main_type == "image" and count < MAX_PICTURES:
            count += 1
            yield part.decoded(MAX_OCTETS)
    for match in _DATA_PICTURE.finditer(message.html_source):
        if count >= MAX_PICTURES:
            return
        count += 1
        try:
            yield base64.b64decode(match[1].replace(b"%0A", b""))
        except (binascii.Error, ValueError):
            continue


def _opened(octets: bytes, *, must_be_square: bool) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(octets), formats=("PNG", "JPEG", "GIF", "WEBP", "BMP")) as picture:
            width, height = picture.size
            if min(width, height) < LEAST_SIDE or width * height > MAX_PIXELS:
                return None
            if must_be_square and not 0.7 < width / height < 1.45:
                return None
            return picture.convert("L")
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
