"""Mailboxes in From, To and their like, read tolerantly and in linear time.

The raw octets are taken apart before anything is decoded, so that an encoded word can bring neither
a comma nor an angle bracket into the syntax.  Names are decoded afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import idna

from lazaretto.core.address import Address
from lazaretto.mail import charsets, encoded_words
from lazaretto.mail.limits import DEFAULT, Limits

MAX_VALUE = 128 << 10

_TOKEN = re.compile(
    rb'"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)(?:"|$)|<(?P<angle>[^<>]*)(?:>|$)|(?P<special>[(),;:\\>])'
    rb'|(?P<space>[ \t\r\n]+)|(?P<text>[^"<>(),;:\\ \t\r\n]+)|(?P<other>.)',
    re.DOTALL,
)
_SEPARATORS = (b",", b";")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT = re.compile(rb"[()]|[^()\\]+|\\.?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, decoded, and an address; either may be empty."""

    display_name: str
    address: Address
    group: str = ""
    """The name of the group that it stands in."""
    raw: bytes = b""
    """How the address was written, without angle brackets."""


def mailboxes_of(raw: bytes, limits: Limits = DEFAULT) -> tuple[Mailbox, ...]:
    """Return the mailboxes of the raw field value, at most ``limits.mailboxes`` of them."""
    found: list[Mailbox] = []
    for mailbox in _mailboxes(raw[:MAX_VALUE]):
        found.append(mailbox)
        if len(found) >= limits.mailboxes:
            break
    return tuple(found)


def address_of(raw: bytes) -> Address:
    """Return the address that is written in ``raw``; what has no ``@`` is all local part."""
    text = raw.strip(b" \t\r\n")
    if text.startswith(b"@") and b":" in text:
        # An obsolete source route, RFC 5322 §4.4.
        text = text.partition(b":")[2]
    if b"=?" in text:
        text = encoded_words.decode(text).encode("utf-8", "replace")
    local, at, domain = text.rpartition(b"@")
    if not at:
        local, domain = text, b""
    return Address(charsets.decode_unlabelled(local).strip(), _domain(charsets.decode_unlabelled(domain)))


def _domain(written: str) -> str:
    domain = "".join(written.split()).lower().rstrip(".")
    if domain.isascii() or len(domain) > 255:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain


class _Gathered:
    """The words of the mailbox that is being read."""

    __slots__ = ("angle", "comment", "has_at", "words")

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.comment = b""
        self.angle: bytes | None = None
        self.has_at = False

    def add(self, word: bytes) -> None:
        self.words.append(word)
        self.has_at = self.has_at or b"@" in word

    def mailbox(self, group: str) -> Mailbox | None:
        text = b"".join(self.words).strip(b" \t\r\n")
        if self.angle is not None:
            return Mailbox(
                encoded_words.decode(text or self.comment), address_of(self.angle), group, self.angle
            )
        if not text:
            return None
        name, address = _bare(text)
        return Mailbox(encoded_words.decode(name or self.comment), address_of(address), group, address)


def _bare(text: bytes) -> tuple[bytes, bytes]:
    """Return name and address of a mailbox without angle brackets."""
    if b"@" not in text:
        return text, b""
    words = text.split()
    if len(words) == 1:
        return b"", text
    for word in words:
        if b"@" in word.strip(b"@"):
            return b" ".join(w for w in words if w is not word), word
    return b"", b"".join(words)


def _mailboxes(raw: bytes) -> Iterator[Mailbox]:
    gathered = _Gathered()
    group = ""
    position = 0
    while position < len(raw):
        match = _TOKEN.match(raw, position)
        if match is None:
            break
        position = match.end()
        kind = match.lastgroup
        special = match[0] if kind == "special" else b""
        if special == b"(":
            gathered.comment, position = _comment(raw, position)
        elif special in _SEPARATORS:
            if mailbox := gathered.mailbox(group):
                yield mailbox
            gathered = _Gathered()
            group = "" if special == b";" else group
        elif special == b":" and gathered.angle is None and not gathered.has_at:
            group = encoded_words.decode(b"".join(gathered.words)) or "group"
            gathered = _Gathered()
        elif kind == "angle":
            if gathered.angle is not None and (mailbox := gathered.mailbox(group)):
                yield mailbox
                gathered = _Gathered()
            gathered.angle = match["angle"]
        elif kind == "quoted":
            gathered.add(_QUOTED_PAIR.sub(rb"\1", match["quoted"]))
        elif special not in (b">", b"\\"):
            gathered.add(match[0])
    if mailbox := gathered.mailbox(group):
        yield mailbox


def _comment(raw: bytes, position: int) -> tuple[bytes, int]:
    """Return the text of the comment that began before ``position``, and where it ends."""
    start = position
    depth = 1
    while depth and position < len(raw):
        match = _COMMENT.match(raw, position)
        if match is None:
            break
        position = match.end()
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
    return raw[start : position - 1 if depth == 0 else position], position
