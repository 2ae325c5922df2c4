"""QR codes in pictures, for everybody who looks for lures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import zxingcpp
from PIL import Image

LEAST_SIDE: Final = 21
"""Modules of the smallest QR code, and so the smallest picture of one."""
MAX_PIXELS: Final = 4_000_000
MOST_CODES: Final = 8
_FORMATS: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_WEB: Final = re.compile(r"(?:https?://|www\.)\S{3,2000}", re.IGNORECASE)


def codes_in(picture: Image.Image) -> list[str]:
    """Return what the codes of ``picture`` say, at most ``MOST_CODES`` of them."""
    results = zxingcpp.read_barcodes(picture, formats=_FORMATS)
    return [result.text for result in results[:MOST_CODES] if result.text]


def leads_to_web(text: str) -> bool:
    """Tell whether what a code says is a web address."""
    return _WEB.match(text.strip()) is not None


def names_one_of(target: str, addresses: Sequence[str]) -> bool:
    """Tell whether the address ``target`` carries one of these mail addresses."""
    plain = target.lower().replace("%40", "@")
    return any(len(each) > 5 and each.lower() in plain for each in addresses)
