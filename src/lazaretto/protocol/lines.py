"""Command lines and reply lines (RFC 5321 §4.1.1, §4.2).

A line is octets; only CR LF ends one.  Python's own ideas of a line end (VT, FF, NEL, U+2028 …) are
how other servers were led to see two lines where there was one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.core.reply import Reply
from lazaretto.protocol.syntax import BadSyntax

CRLF: Final = b"\r\n"
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BLANKS: Final = b" \t"
MAX_REPLY_TEXT: Final = 480
"""Octets of text in one reply line, so that the whole stays below 512 (RFC 5321 §4.5.3.1.5)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A verb in upper case and the rest of its line, blanks around it removed."""

    verb: str
    argument: bytes


def parse_command(line: bytes) -> Command:
    """Return the command in ``line``, which has no line end any more.

    Raises ``BadSyntax`` for control characters and for a verb that is not ASCII.
    """
    if _CONTROLS.search(line):
        raise BadSyntax(500, "5.5.2", "control characters are not part of any command")
    verb, _, argument = line.rstrip(_BLANKS).partition(b" ")
    if not verb.isascii():
        raise BadSyntax(500, "5.5.2", "command not recognised")
    return Command(verb.decode("ascii").upper(), argument.lstrip(_BLANKS))


def reply_line(reply: Reply) -> bytes:
    """Return ``reply`` as it goes over the wire; its text cannot start another line."""
    return f"{reply.code} {_enhanced(reply)}{safe_text(reply.text)}\r\n".encode("ascii")


def reply_lines(code: int, texts: Sequence[str]) -> bytes:
    """Return a reply of several lines, as EHLO has it."""
    last = len(texts) - 1
    return b"".join(
        f"{code}{' ' if place == last else '-'}{safe_text(text)}\r\n".encode("ascii")
        for place, text in enumerate(texts)
    )


def safe_text(text: str) -> str:
    """Return ``text`` as printable ASCII of bounded length, ``?`` for everything else."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return text[:MAX_REPLY_TEXT]


def _enhanced(reply: Reply) -> str:
    return f"{reply.enhanced} " if reply.enhanced else ""
