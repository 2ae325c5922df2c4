"""QR codes in pictures, for everybody who looks for lures.

The reader of codes takes time with the square of what looks like a code's corner, so a large picture is
read in squares that overlap, at its own size and at half of it, a quarter and so on: a code that is
too large for the squares of one size lies within one of a smaller size.  Between squares the caller may stop.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import zxingcpp
from PIL import Image

from lazaretto.core.errors import LimitReached

LEAST_SIDE: Final = 21
"""Modules of the smallest QR code, and so the smallest picture of one."""
MAX_PIXELS: Final = 40_000_000
"""Of one picture; a larger one is not decoded, and that is said."""
MOST_SCANS: Final = 10
"""How often a JPEG file may go over a picture of ``MAX_PIXELS``; a smaller picture, more often."""
MOST_CODES: Final = 8
SIDE: Final = 1_400
OVERLAP: Final = 500
_FORMATS: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_WEB: Final = re.compile(r"(?:https?://|www\.)\S{3,2000}", re.IGNORECASE)
_SCAN: Final = b"\xff\xda"
# Sizes are checked here, before anything is decoded; a warning of the library would be a failure.
Image.MAX_IMAGE_PIXELS = None


class Allowance:
    """The processor time that the pictures of one message may take together."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = time.thread_time() + seconds

    def step(self) -> None:
        """Raise ``LimitReached`` where the time is over."""
        if time.thread_time() > self._ends_at:
            raise LimitReached("time for pictures", f"{self._seconds:g} s")


def check_size(width: int, height: int) -> None:
    """Raise ``LimitReached`` where a picture is too large to be decoded."""
    if width * height > MAX_PIXELS:
        raise LimitReached("size of a picture", f"{width} x {height} dots")


def check_scans(octets: bytes, width: int, height: int) -> None:
    """Raise ``LimitReached`` where a JPEG file would have a large picture painted over too often."""
    if octets.count(_SCAN) * width * height > MOST_SCANS * MAX_PIXELS:
        raise LimitReached("scans of a picture", f"{octets.count(_SCAN)} of {width} x {height} dots")


def on_white(picture: Image.Image) -> Image.Image:
    """Return ``picture`` in shades of grey, as it shows on white paper where it lets something through."""
    if not picture.has_transparency_data:
        return picture.convert("L")
    shown = picture.convert("LA")
    paper = Image.new("L", shown.size, 255)
    paper.paste(shown.getchannel("L"), mask=shown.getchannel("A"))
    return paper


def codes_in(picture: Image.Image, step: Callable[[], None]) -> Iterator[str]:
    """Yield what the codes of ``picture`` say, each once, at most ``MOST_CODES`` of them.

    ``step`` is called before each square and may raise.
    """
    told: set[str] = set()
    for square in _squares(picture):
        step()
        for result in zxingcpp.read_barcodes(square, formats=_FORMATS)[:MOST_CODES]:
            if result.text and result.text not in told:
                told.add(result.text)
                yield result.text
                if len(told) >= MOST_CODES:
                    return


def _squares(picture: Image.Image) -> Iterator[Image.Image]:
    """Yield the whole picture, made small, and then its parts, larger and larger."""
    factor = 1
    while max(picture.size) > SIDE * factor and min(picture.size) >= 2 * LEAST_SIDE * factor:
        factor *= 2
    while factor:
        view = picture.reduce(factor) if factor > 1 else picture
        for top in _begins(view.height):
            for left in _begins(view.width):
                whole = view.size == (min(SIDE, view.width), min(SIDE, view.height))
                yield view if whole else view.crop(_box(view, left, top))
        factor //= 2


def _begins(length: int) -> range:
    return range(0, max(length - OVERLAP, 1), SIDE - OVERLAP)


def _box(view: Image.Image, left: int, top: int) -> tuple[int, int, int, int]:
    return left, top, min(left + SIDE, view.width), min(top + SIDE, view.height)


def leads_to_web(text: str) -> bool:
    """Tell whether what a code says is a web address."""
    return _WEB.match(text.strip()) is not None


def names_one_of(target: str, addresses: Sequence[str]) -> bool:
    """Tell whether the address ``target`` carries one of these mail addresses."""
    plain = target.lower().replace("%40", "@")
    return any(len(each) > 5 and each.lower() in plain for each in addresses)
