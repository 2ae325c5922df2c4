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
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final
from weakref import WeakKeyDictionary

from PIL import Image

from lazaretto.core.errors import LimitReached
from lazaretto.detect.codes import (
    LEAST_SIDE,
    Allowance,
    check_scans,
    check_size,
    codes_in,
    leads_to_web,
    on_white,
)
from lazaretto.detect.drawn_codes import drawn_in_page, drawn_in_text
from lazaretto.mail.filetype import FileType
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

MAX_PICTURES: Final = 20
MAX_PAGE: Final = 512 << 10
MOST_PAGES: Final = 5
MAX_OCTETS: Final = 32 << 20
MOST_SECONDS: Final = 2.0
"""Of processor time for all pictures of a message."""
FEW_LETTERS: Final = 1_500
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
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


def unread_for_its_size(octets: bytes) -> str:
    """Return what to say of a picture that has more dots than are ever decoded; empty for all else."""
    try:
        with Image.open(io.BytesIO(octets), formats=_FORMATS) as picture:
            check_size(*picture.size)
    except LimitReached as reached:
        return str(reached)
    except _BROKEN_PICTURE:
        return ""
    return ""


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
    pages = _pages(message)
    drawn = chain(*map(drawn_in_page, pages), drawn_in_text(message.text))
    yield from ((each, True) for each in drawn)
    if not any(map(_is_picture, message.leaves)) and not any(b"data:image" in page for page in pages):
        return
    text = message.text[:20_000].lower()
    spoken_of = any(word in text for word in _SCAN_WORDS)
    if not spoken_of and len(message.text) > FEW_LETTERS:
        return
    try:
        before: Image.Image | None = None
        for octets in _encoded_pictures(message, unread):
            allowance.step()
            picture = _opened(octets, must_be_square=not spoken_of, unread=unread)
            if picture is not None:
                yield picture, False
                if before is not None and (whole := _joined(before, picture)) is not None:
                    yield whole, False
            before = picture
    except LimitReached as reached:
        unread[str(reached)] = None


def _encoded_pictures(message: MessageView, unread: dict[str, None]) -> Iterator[bytes]:
    """Yield the octets of pictures; raises ``LimitReached`` where there are more."""
    count = 0
    for part in message.leaves:
        if _is_picture(part):
            count = _one_more(count)
            decoded = part.decoded_part(MAX_OCTETS)
            if decoded.cut:
                unread[f"size of a picture reached: more than {MAX_OCTETS} octets"] = None
            else:
                yield decoded.octets
    for match in chain.from_iterable(map(_DATA_PICTURE.finditer, _pages(message))):
        count = _one_more(count)
        try:
            yield base64.b64decode(match[1].replace(b"%0A", b""))
        except (binascii.Error, ValueError):
            continue


def _pages(message: MessageView) -> list[bytes]:
    """Return what is shown as a page: the letter's own, and attached ones and drawings."""
    attached = (part for part in message.attachments if part.real_type in (FileType.HTML, FileType.SVG))
    return [message.html_source, *(part.decoded(MAX_PAGE) for part in islice(attached, MOST_PAGES))]


def _is_picture(part: Part) -> bool:
    """Tell whether clients show ``part`` as a picture: by its label, its name or its octets."""
    return part.main_type == "image" or part.real_type.is_image


def _one_more(count: int) -> int:
    if count >= MAX_PICTURES:
        raise LimitReached("pictures of a message", f"{MAX_PICTURES}")
    return count + 1


def _is_square(width: int, height: int) -> bool:
    return 0.7 < width / height < 1.45


def _is_half(width: int, height: int) -> bool:
    """Tell whether two such pictures make a square one."""
    return _is_square(2 * width, height) or _is_square(width, 2 * height)


def _joined(first: Image.Image, second: Image.Image) -> Image.Image | None:
    """Return the square picture of which these are the halves; a code is cut in two to pass as pictures."""
    if first.height == second.height and _is_square(first.width + second.width, first.height):
        size, place = (first.width + second.width, first.height), (first.width, 0)
    elif first.width == second.width and _is_square(first.width, first.height + second.height):
        size, place = (first.width, first.height + second.height), (0, first.height)
    else:
        return None
    check_size(*size)
    whole = Image.new("L", size)
    whole.paste(first)
    whole.paste(second, place)
    return whole


def _opened(octets: bytes, *, must_be_square: bool, unread: dict[str, None]) -> Image.Image | None:
    """Return a picture in shades of grey; None for what is none or is passed over."""
    try:
        with Image.open(io.BytesIO(octets), formats=_FORMATS) as picture:
            width, height = picture.size
            if min(width, height) < LEAST_SIDE:
                return None
            if must_be_square and not (_is_square(width, height) or _is_half(width, height)):
                return None
            check_size(width, height)
            if picture.format == "JPEG":
                check_scans(octets, width, height)
                # Its shades alone are decoded, a third of the memory.
                picture.draft("L", picture.size)
            return on_white(picture)
    except LimitReached as reached:
        unread[str(reached)] = None
        return None
    except _BROKEN_PICTURE:
        # What cannot be shown as a picture leads nobody anywhere.  Any other failure is the runner's.
        return None
