"""The value of Content-Type and Content-Disposition with all that a reader may take from it.

RFC 2045 and RFC 2231 say what is right.  Which of two ``boundary`` or ``filename`` parameters a
client believes, whether it undoes escapes, comments, percent signs or encoded words in them, is its
own affair: so a list of parameters answers with every candidate, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from lazaretto.mail import charsets, encoded_words
from lazaretto.mail.limits import DEFAULT, Limits

MAX_VALUE = 32 << 10
"""Octets of one field value that are parsed."""
MAX_SIMPLE = 300
"""Octets of a value that may be as simple as nearly all are."""

_SIMPLE_VALUE = re.compile(r"\s*+([\w.+-]++/[\w.+-]++|[\w-]++)\s*+(?=;|$)")
_SIMPLE_PARAMETER = re.compile(r';\s*+(?:([A-Za-z-]+)=(?:"([^"\\;()?%]*)"|([^\s"\\;()?%\'*]+))\s*+(?=;|$)|$)')
_PIECE = re.compile(r'(?:[^;"]++|"(?:[^"\\]++|\\.)*+(?:"|$|\\))*+', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"|\\?$)', re.DOTALL)
_NAME = re.compile(r"([^\s=*]+)\s*(?:\*(\d{1,9}))?(\*)?$")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[()]|[^"\\()]+|.', re.DOTALL)


class ParameterList:
    """A main value and its parameters."""

    __slots__ = ("_plain", "_segments", "_text", "excess", "raw", "tricky", "value")

    def __init__(self, raw: bytes, limits: Limits = DEFAULT) -> None:
        text = encoded_words.unfold(raw[:MAX_VALUE]).decode("latin-1")
        self.raw = raw
        self._text = text
        self._plain: dict[str, list[str]] = {}
        self._segments: dict[str, list[tuple[int, bool, str]]] = {}
        self.excess = len(raw) > MAX_VALUE
        """There is more than what was parsed."""
        self.tricky = False
        """It needs more than the plain syntax to be understood: comments, escapes, RFC 2231 …"""
        self.value = ""
        if len(text) <= MAX_SIMPLE and self._parse_simple(text):
            return
        self.tricky = True
        self.value = self._parse(without_comments(text) if "(" in text else text, limits)

    def _parse_simple(self, text: str) -> bool:
        """Read a value without any trick; tell whether it is one."""
        match = _SIMPLE_VALUE.match(text)
        if match is None:
            return False
        self.value = match[1].lower()
        position = match.end()
        while position < len(text):
            parameter = _SIMPLE_PARAMETER.match(text, position)
            if parameter is None or (parameter[1] or "").lower() in self._plain:
                self._plain.clear()
                return False
            if parameter[1]:
                value = parameter[2] if parameter[2] is not None else parameter[3]
                self._plain[parameter[1].lower()] = [value]
            position = parameter.end()
        return True

    def first(self, name: str) -> str:
        """Return the likeliest value of ``name``; empty when there is none."""
        if name in self._plain:
            return self._plain[name][0]
        return self._continued(name) if name in self._segments else ""

    def __contains__(self, name: str) -> bool:
        return name in self._plain or name in self._segments

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(dict.fromkeys((*self._plain, *self._segments)))

    def candidates(self, name: str) -> tuple[str, ...]:
        """Return every value that a reader may take for ``name``, likeliest first, each once."""
        if not self.tricky:
            return tuple(self._plain.get(name, ()))
        found = [self.first(name)] if name in self else []
        found += self._plain.get(name, ())
        if name in self._segments:
            found += (self._continued(name), self._continued(name, all_encoded=True))
            found += [value for _, _, value in self._segments[name]]
        found += self._loose(name)
        return tuple(dict.fromkeys(value for value in found if value))

    def _parse(self, text: str, limits: Limits) -> str:
        pieces = _split(text, limits.parameters + 1)
        value = next(pieces, "")
        for count, piece in enumerate(pieces):
            if count >= limits.parameters:
                self.excess = True
                break
            self._add(piece)
        return _main(value)

    def _add(self, piece: str) -> None:
        name, equals, value = piece.partition("=")
        match = _NAME.match(name.strip())
        if not equals or match is None:
            return
        key = match[1].lower()
        whole = value.strip()
        shown = _unquoted(whole)
        if match[2] is not None or match[3] is not None:
            self._segments.setdefault(key, []).append((int(match[2] or 0), match[3] is not None, shown))
            return
        # Many programs forget the quotes around blanks, and many clients forgive it: all of it is the
        # value then, and so it is where quotes stand in its middle.
        self._plain.setdefault(key, []).extend(dict.fromkeys((shown, whole.replace('"', ""))))

    def _continued(self, name: str, *, all_encoded: bool = False) -> str:
        """Join and decode an RFC 2231 value; some undo percent signs in every segment of an encoded one."""
        segments = sorted(self._segments[name], key=lambda segment: segment[0])
        charset = ""
        octets = b""
        for index, (_, encoded, value) in enumerate(segments):
            if encoded and index == 0 and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)
            coded = encoded or all_encoded
            octets += unquote_to_bytes(value.encode("latin-1")) if coded else value.encode("latin-1")
        if not charset and octets.isascii():
            return octets.decode("ascii")
        return charsets.decode(octets, charset)

    def _loose(self, name: str) -> Iterator[str]:
        """Yield what follows ``name`` wherever it stands, with and without its quotes and escapes."""
        pattern = (
            rf"(?<![\w-]){re.escape(name)}[\s*0-9]*=\s*(?:\"((?:[^\"\\]|\\.)*)(?:\"|$)|'([^';]*)'|([^;\s]+))"
        )
        for match in re.finditer(pattern, self._text, re.IGNORECASE | re.DOTALL):
            for value in match.groups():
                if value:
                    yield value
                    yield _ESCAPE.sub(r"\1", value)
                    yield value.partition(";")[0].strip()
                    yield value.strip('"')
                    if "=?" in value:
                        yield encoded_words.decode(value.encode("latin-1"))
                    if "%" in value or "'" in value:
                        yield unquote_to_bytes(value.rpartition("'")[2].encode("latin-1")).decode("latin-1")
                    if "(" in value:
                        yield without_comments(value).strip()


def without_comments(text: str) -> str:
    """Return ``text`` with its comments, nested or unfinished, taken out."""
    depth = 0
    kept: list[str] = []
    for match in _COMMENT_OR_TEXT.finditer(text):
        word = match[0]
        if word == "(":
            depth += 1
        elif word == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(word)
    return "".join(kept)


def _split(text: str, most: int) -> Iterator[str]:
    """Yield what stands between the semicolons that are outside quotes."""
    position = 0
    for _ in range(most + 1):
        match = _PIECE.match(text, position)
        end = match.end() if match is not None else position
        yield text[position:end]
        if end >= len(text):
            return
        position = end + 1


def _main(value: str) -> str:
    words = value.replace('"', " ").split()
    joined = "".join(words) if words and "/" not in words[0] else (words[0] if words else "")
    return joined.lower()


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        match = _QUOTED.match(value)
        assert match is not None
        return _ESCAPE.sub(r"\1", match[1])
    return value.split(None, 1)[0] if value else ""
