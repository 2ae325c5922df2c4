"""Macro strings of SPF (RFC 7208 §7): checked once when a record is read, expanded for each message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


class SpfSyntaxError(Exception):
    """A record, or a text that it names, is not what RFC 7208 §12 allows."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One ``%{…}``: which value, how many of its labels, in which order, split where."""

    letter: str
    keep: int
    """How many right-hand labels; 0 = all."""
    reverse: bool
    delimiters: str
    escape: bool
    """The letter was upper case: the value is URL-escaped."""


@dataclass(frozen=True, slots=True)
class MacroString:
    """Literal texts and macros in order; ``text`` is the spelling in the record."""

    text: str
    pieces: tuple[str | Macro, ...]

    @property
    def letters(self) -> frozenset[str]:
        """The letters of all macros, lower case."""
        return frozenset(piece.letter for piece in self.pieces if isinstance(piece, Macro))

    def expand(self, values: Mapping[str, str]) -> str:
        """Return the text with every macro replaced by its part of ``values``."""
        return "".join(p if isinstance(p, str) else _expanded(p, values[p.letter]) for p in self.pieces)


_TOKEN = re.compile(
    r"(?P<text>[\x21-\x24\x26-\x7e]+)|%(?P<sign>[%_-])"
    r"|%\{(?P<letter>[A-Za-z])(?P<keep>\d*)(?P<reverse>[rR]?)(?P<delimiters>[.+,/_=-]*)\}",
    re.ASCII,
)
_TOKEN_WITH_SPACE = re.compile(_TOKEN.pattern.replace(r"[\x21", r"[\x20", 1), re.ASCII)
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
_LETTERS = frozenset("slodipvh")
_EXPLANATION_LETTERS = _LETTERS | frozenset("crt")
_TOP_LABEL = re.compile(
    r"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?\Z", re.ASCII
)


def macro_string(text: str) -> MacroString:
    """Return ``text`` read as ``macro-string``; raise ``SpfSyntaxError``."""
    return _read(text, _TOKEN, _LETTERS)


def domain_spec(text: str) -> MacroString:
    """Return ``text`` read as ``domain-spec``: ends with a macro or a top label."""
    spec = macro_string(text)
    if not spec.pieces:
        raise SpfSyntaxError("empty domain")
    last = text[-64:]
    if not last.endswith("}") and last[-2:] not in {"%%", "%_", "%-"} and not _TOP_LABEL.search(last):
        raise SpfSyntaxError(f"{text[:80]} is not a domain")
    return spec


def explanation(text: str) -> MacroString:
    """Return the text of an ``exp=`` target; may hold spaces and the letters c, r and t."""
    return _read(text, _TOKEN_WITH_SPACE, _EXPLANATION_LETTERS)


def _read(text: str, tokens: re.Pattern[str], letters: frozenset[str]) -> MacroString:
    pieces: list[str | Macro] = []
    position = 0
    while position < len(text):
        token = tokens.match(text, position)
        if token is None:
            raise SpfSyntaxError(f"bad macro in {text[:80]}")
        pieces.append(_piece(token, letters))
        position = token.end()
    return MacroString(text, tuple(pieces))


def _piece(token: re.Match[str], letters: frozenset[str]) -> str | Macro:
    if token["text"]:
        return token["text"]
    if token["sign"]:
        return _SIGNS[token["sign"]]
    letter, keep = token["letter"], token["keep"]
    if letter.lower() not in letters or (keep and int(keep[:4]) == 0):
        raise SpfSyntaxError(f"bad macro {token[0][:40]}")
    return Macro(
        letter=letter.lower(),
        keep=int(keep[:4] or 0),
        reverse=bool(token["reverse"]),
        delimiters=token["delimiters"] or ".",
        escape=letter.isupper(),
    )


def _expanded(macro: Macro, value: str) -> str:
    if macro.keep or macro.reverse or macro.delimiters != ".":
        labels = re.split(f"[{re.escape(macro.delimiters)}]", value)
        if macro.reverse:
            labels.reverse()
        value = ".".join(labels[-macro.keep :] if macro.keep else labels)
    return quote(value, safe="-._~") if macro.escape else value
