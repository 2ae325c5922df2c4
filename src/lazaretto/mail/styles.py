"""What a style declaration says about being seen.

Reads inline styles and the simple rules of style sheets; knows the ways in which mail hides text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lazaretto.mail.colours import Colour, colour_of

MAX_STYLE = 4_096
"""Characters of one style that are read."""
TINY = 2.0
"""Pixels or points up to which text cannot be read."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})[ \t\n]?|\\(.)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\s*([+-]?\d{0,9}(?:\.\d{0,9})?)\s*(px|pt|em|rem|ex|ch|vw|vh|%|mm|cm|in)?")


@dataclass(frozen=True, slots=True)
class Style:
    """What one style says."""

    hides: bool = False
    """The element and all in it is gone."""
    shows: bool = False
    """It says in so many words that the element is to be seen."""
    tiny: bool | None = None
    """Text is too small to be read; None when nothing is said of its size."""
    invisible: bool | None = None
    """Text is not painted; None when nothing is said.  What is inside may say otherwise."""
    colour: Colour | None = None
    background: Colour | None = None
    covers: bool = False
    """The background is something whose colour we do not know: a picture, a gradient."""


PLAIN = Style()
"""Says nothing about being seen, as most styles do."""


@lru_cache(maxsize=4096)
def style_of(written: str) -> Style:
    """Return what the declarations in ``written`` say."""
    hides = shows = covers = False
    tiny: bool | None = None
    invisible: bool | None = None
    colour = background = None
    for name, value in _declarations(written):
        if name == "color":
            colour = colour_of(value) or colour
        elif name in ("background", "background-color"):
            background = _background_of(value)
            covers = background is None and "transparent" not in value and "none" not in value
        elif name == "font-size":
            tiny = _is_tiny(value)
        elif name == "font":
            tiny = value.startswith(_TINY_FONTS)
        elif name == "visibility":
            invisible = value.startswith(("hidden", "collapse"))
        elif (hiding := _HIDING.get(name)) is not None and hiding(value):
            hides = True
        elif name == "display":
            shows = True
    style = Style(
        hides=hides,
        shows=shows,
        tiny=tiny,
        invisible=invisible,
        colour=colour,
        background=background,
        covers=covers,
    )
    return PLAIN if style == PLAIN else style


def _declarations(written: str) -> Iterator[tuple[str, str]]:
    text = written[:MAX_STYLE]
    if "/*" in text:
        text = _COMMENT.sub("", text)
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    for declaration in text.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _unescaped(match: re.Match[str]) -> str:
    if match[2] is not None:
        return match[2]
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def _background_of(value: str) -> Colour | None:
    if "url(" in value or "gradient" in value:
        return None
    for word in (value, *value.split()):
        if (colour := colour_of(word)) is not None:
            return colour
    return None


def _length(value: str) -> tuple[float, str] | None:
    match = _NUMBER.match(value)
    if match is None or not any(c.isdigit() for c in match[1]):
        return None
    return float(match[1]), match[2] or ""


def _is_zero(value: str) -> bool:
    length = _length(value)
    return length is not None and length[0] == 0


def _is_tiny(value: str) -> bool:
    length = _length(value)
    if length is None:
        return False
    number, unit = length
    return (
        number <= 0
        or (unit in ("px", "pt") and number <= TINY)
        or (unit in ("em", "rem", "%") and number < 0.1)
    )


def _is_far(value: str) -> bool:
    length = _length(value)
    return length is not None and (
        length[0] <= -100 or (length[1] in ("em", "rem", "%", "vw") and length[0] <= -50)
    )


def _is_transparent(value: str) -> bool:
    length = _length(value)
    return length is not None and length[0] < 0.05


_TINY_FONTS = ("0 ", "0px", "0/", "1px ", "1px/")
_HIDING: dict[str, Callable[[str], bool]] = {
    "display": lambda value: value.startswith("none"),
    "mso-hide": lambda value: value.startswith("all"),
    "opacity": _is_transparent,
    "max-height": _is_zero,
    "text-indent": _is_far,
    "left": _is_far,
    "right": _is_far,
    "top": _is_far,
    "margin-left": _is_far,
    "margin-top": _is_far,
    "clip": lambda value: value.startswith("rect(0"),
    "transform": lambda value: value.startswith("scale(0)"),
}


def _hides(style: Style) -> bool:
    return style.hides or style.tiny is True or style.invisible is True


def hiding_rules(sheet: str) -> Iterator[tuple[str, Style]]:
    """Yield selector and style of rules that hide; those for some media only do not hide from everybody."""
    depth = 0
    text = _COMMENT.sub("", sheet) if "/*" in sheet else sheet
    for block in text.split("}"):
        opened = block.count("{")
        selectors, _, declarations = block.partition("{")
        if opened == 1 and depth == 0 and "@" not in selectors:
            style = style_of(declarations[:MAX_STYLE])
            if _hides(style):
                for selector in selectors.split(","):
                    yield selector.strip(), style
        depth = max(0, depth + opened - 1)
