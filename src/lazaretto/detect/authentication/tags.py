"""Lists of ``tag=value`` (RFC 6376 §3.2): signatures, keys and policies are written in them."""

from __future__ import annotations

import base64
import binascii
import re


class TagError(Exception):
    """A list, or a value in it, is not what its standard allows."""


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_SPACE = str.maketrans("", "", " \t\r\n")
WSP = " \t\r\n"
MOST_TAGS = 100


def parse_tags(text: str, *, empty_allowed: bool = False) -> dict[str, str]:
    """Return the values by tag, outer white space removed; raise ``TagError``.

    ``empty_allowed`` lets doubled semicolons pass: published keys have them, and they harm nobody.
    """
    pieces = text.split(";", MOST_TAGS)
    if not pieces[-1].strip(WSP):
        pieces.pop()
    tags: dict[str, str] = {}
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name = name.strip(WSP)
        if not equals and not name and empty_allowed:
            continue
        if not equals or not _NAME.fullmatch(name):
            raise TagError(f"cannot read {piece.strip(WSP)[:40]!r}")
        if name in tags:
            raise TagError(f"{name}= appears twice")
        tags[name] = value.strip(WSP)
    return tags


def without_space(text: str) -> str:
    """Return ``text`` without any folding white space."""
    return text.translate(_SPACE)


def octets_of(text: str) -> bytes:
    """Return what ``text`` encodes in base64, white space ignored; raise ``TagError``."""
    plain = without_space(text)
    if not _BASE64.fullmatch(plain):
        raise TagError("not base64")
    try:
        return base64.b64decode(plain)
    except binascii.Error as problem:
        raise TagError("not base64") from problem


def number_of(text: str) -> int:
    """Return the decimal number of at most 76 digits that ``text`` is; raise ``TagError``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 76):
        raise TagError(f"{text[:20]!r} is not a number")
    return int(text)
