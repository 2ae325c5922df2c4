"""Colours of HTML mail, as far as it takes to tell text from its background."""

from __future__ import annotations

import re
from functools import lru_cache

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
LINK_BLUE: Colour = (0, 0, 238)
SAME = 30
"""Sum of differences below which nobody can read one colour on the other."""

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{2})?(?![0-9a-z])")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})")
_NAMED: dict[str, Colour] = {
    "white": WHITE,
    "black": BLACK,
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "navy": (0, 0, 128),
    "ivory": (255, 255, 240),
    "snow": (255, 250, 250),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255),
    "mintcream": (245, 255, 250),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
}


def colour_of(written: str) -> Colour | None:
    """Return the colour that ``written`` begins with; None when it names none that we know."""
    text = written.strip().lower()
    match = _HEX.match(text)
    if match is not None:
        digits = match[1]
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    match = _RGB.match(text)
    if match is not None:
        return min(255, int(match[1])), min(255, int(match[2])), min(255, int(match[3]))
    return _NAMED.get(re.split(r"[\s!;]", text, maxsplit=1)[0])


@lru_cache(maxsize=2048)
def look_the_same(one: Colour, other: Colour) -> bool:
    """Tell whether text of colour ``one`` cannot be seen on ``other``."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < SAME
