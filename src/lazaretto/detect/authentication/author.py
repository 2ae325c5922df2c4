"""The domain that a reader takes a message to come from, or why there is no telling.

DMARC protects what people see.  Where two readers could see two authors, a pass would vouch for
the wrong one, so anything but one plain mailbox in one From field is a problem, and every domain
that somebody might see is a candidate whose policy counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import idna

from lazaretto.core.address import fold
from lazaretto.detect.authentication.fields import RawField
from lazaretto.mail.encoded_words import decode

LONGEST_FROM = 10_000
MOST_CANDIDATES = 4
MOST_CLAIMED = 100


@dataclass(frozen=True, slots=True)
class Author:
    """The author's ``domain``; empty, with a ``problem``, unless it is beyond doubt."""

    domain: str = ""
    problem: str = ""
    candidates: tuple[str, ...] = ()
    """Every domain that some reader might show; the domain itself when there is no problem."""


class _OddError(Exception):
    """The field is not one plain mailbox."""


_TOKEN = re.compile(
    r'(?P<space>[ \t\r\n]+)|(?P<quoted>"(?:[^"\\]|\\.)*")'
    r'|(?P<special>[<>,:;@()\[\]\\])|(?P<atom>[^ \t\r\n"<>,:;@()\[\]\\]+)',
    re.DOTALL,
)
_NAME_WORD = re.compile(r"[^\W\d_][\w.'&-]*")
_PLAIN_NAME = re.compile(rb"from[ \t]{0,100}:", re.IGNORECASE)
_COMMENT_MARK = re.compile(r"[()\\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_AFTER_AT = re.compile(r"@[ \t\r\n]*([^\s\x00-\x1f\x7f@<>()\[\],;:\"'\\]{1,255})")
_ADDRESS = re.compile(r"([^\s@<>()\[\],;:\"\\]{1,64})@([^\s@<>()\[\],;:\"'\\]{1,255})")
_DOMAIN = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)


def author_of(fields: tuple[RawField, ...]) -> Author:
    """Return the author of a message with these fields."""
    found = [field for field in fields if field.name == b"from"]
    if len(found) == 1:
        return _author_in(found[0])
    problem = "several From fields" if found else "no From field"
    text = b" ".join(field.value for field in found[:MOST_CANDIDATES]).decode("utf-8", "replace")
    return Author(problem=problem, candidates=_candidates(text))


def addresses_claimed(fields: tuple[RawField, ...]) -> tuple[str, ...]:
    """Return everything in the From fields that looks like an address, folded; not who the author is."""
    texts = (field.value.decode("utf-8", "replace") for field in fields if field.name == b"from")
    found = (
        f"{match[1]}@{domain}"
        for text in texts
        for match in _ADDRESS.finditer(text[:LONGEST_FROM])
        if (domain := plain_domain(match[2]))
    )
    return tuple(dict.fromkeys(map(fold, islice(found, MOST_CLAIMED))))


def _author_in(field: RawField) -> Author:
    text = field.value.decode("utf-8", "replace")
    try:
        if not _PLAIN_NAME.match(field.raw):
            raise _OddError("the name of the From field is not plain")
        domains = _domains_in(text)
    except _OddError as problem:
        return Author(problem=str(problem), candidates=_candidates(text))
    if len(domains) != 1:
        return Author(problem="several authors" if domains else "no author", candidates=_candidates(text))
    return Author(domain=domains[0], candidates=(domains[0],))


def _candidates(text: str) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for reading in _readings(text[:LONGEST_FROM]):
        for match in _AFTER_AT.finditer(reading):
            domain = plain_domain(match[1])
            if domain:
                seen[domain] = None
    return tuple(seen)[:MOST_CANDIDATES]


def _readings(text: str) -> Iterator[str]:
    """Yield ``text`` as readers show it: as it is, without control characters, with its words decoded."""
    yield text
    # Some end a name at a control character, as the pattern does; others show what is around it.
    if _CONTROL.search(text):
        yield _CONTROL.sub("", text)
    if "=?" in text:
        yield decode(text.encode())


def plain_domain(text: str) -> str:
    """Return a domain of several labels lower case in A-labels; empty when ``text`` is none."""
    name = text.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return ""
    return name if len(name) <= 253 and _DOMAIN.fullmatch(name) else ""


def _domains_in(text: str) -> list[str]:
    if len(text) > LONGEST_FROM:
        raise _OddError("the From field is too long")
    if _CONTROL.search(text):
        raise _OddError("control characters in the From field")
    elements: list[list[str]] = [[]]
    depth = 0
    for piece in _pieces(text):
        depth += {"<": 1, ">": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            elements.append([])
        else:
            elements[-1].append(piece)
    return [_domain_in(element) for element in elements if not _is_name(element)]


def _is_name(element: list[str]) -> bool:
    """Tell whether a piece between commas is words only: many write ``Doe, Ann <ann@a.example>``."""
    return all(_NAME_WORD.fullmatch(piece) for piece in element)


def _pieces(text: str) -> list[str]:
    """Return atoms, quoted strings and special characters, without comments and white space."""
    pieces: list[str] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise _OddError("an open quotation mark in the From field")
        position = token.end()
        if token[0] == "(":
            position = _end_of_comment(text, position)
        elif not token["space"]:
            pieces.append(token[0])
    return pieces


def _end_of_comment(text: str, position: int) -> int:
    depth = 1
    while depth:
        mark = _COMMENT_MARK.search(text, position)
        if mark is None:
            raise _OddError("an open comment in the From field")
        position = mark.end() + (mark[0] == "\\")
        depth += {"(": 1, ")": -1, "\\": 0}[mark[0]]
    return position


def _domain_in(element: list[str]) -> str:
    if "<" not in element:
        return _domain_of_address(element)
    start = element.index("<")
    phrase, address = element[:start], element[start + 1 :]
    if not address or address.pop() != ">":
        raise _OddError("text behind the author's address")
    if {":", ";"} & set(phrase):
        raise _OddError("a group in the From field")
    domain = _domain_of_address(address)
    if "@" in phrase and set(_candidates("".join(phrase))) != {domain}:
        raise _OddError("another address in the author's name")
    return domain


def _domain_of_address(pieces: list[str]) -> str:
    if len(pieces) != 3 or pieces[1] != "@" or pieces[0] in "<>,:;()[]\\":
        raise _OddError("the author's address is not plain")
    if "=?" in pieces[0] or "=?" in pieces[2]:
        raise _OddError("the author's address is encoded")
    domain = plain_domain(pieces[2])
    if not domain:
        raise _OddError("the author's domain is not plain")
    return domain
