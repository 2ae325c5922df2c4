"""Splices for the changes that actions make to a message: a tagged subject, a field more or less.

Everything works on the raw octets: a subject keeps its encoded words and its folding, lines end as
the message's own lines do, and no value can bring a line end of its own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection

from lazaretto.core.decision import Splice
from lazaretto.mail.header import Field
from lazaretto.mail.view import MessageView

LONG_LINE = 900
"""Octets of a line that gets no longer; RFC 5322 §2.1.1 allows 998."""
FOLD_AT = 76
_WORD_OCTETS = 45
"""UTF-8 octets in one encoded word, which is at most 75 characters long."""
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def prefix_subject(view: MessageView, tag: str) -> tuple[Splice, ...]:
    """Return splices that put ``tag`` before every Subject; none where it stands already.

    A message without a Subject gets one.
    """
    shown = _one_line(tag)
    subjects = view.all("subject")
    if not shown:
        return ()
    if not subjects:
        return insert_field(view, "Subject", shown)
    return tuple(_prefixed(view, field, shown) for field in subjects if not field.decoded.startswith(shown))


def _prefixed(view: MessageView, field: Field, tag: str) -> Splice:
    octets = b" " + _encoded(tag)
    if field.raw[:1] not in (b" ", b"\t", b"\r", b"\n", b""):
        octets += b" "
    elif len(field.raw.partition(b"\n")[0]) + len(octets) > LONG_LINE:
        octets += view.line_end
    return Splice(_value_offset(view, field), 0, octets)


def _value_offset(view: MessageView, field: Field) -> int:
    """Return the place after the field's colon."""
    return view.octets.find(b":", field.offset, field.end) + 1


def insert_field(view: MessageView, name: str, value: str) -> tuple[Splice, ...]:
    """Return the splices that put a field on top of the header."""
    header = view.header
    place = header.fields[0].offset if header.fields else 0
    field = Splice(place, 0, field_octets(name, value, view.line_end))
    if not header.fields and header.body_offset == 0 and view.size:
        # The message has no header at all: its text must not become one.
        return (field, Splice(place, 0, view.line_end))
    return (field,)


def remove_fields(
    view: MessageView, names: Collection[str], prefixes: tuple[str, ...] = ()
) -> tuple[Splice, ...]:
    """Return splices that take out every field of ``names`` or beginning with ``prefixes``, case aside."""
    unwanted = {name.lower() for name in names}
    beginnings = tuple(prefix.lower() for prefix in prefixes)
    return tuple(
        Splice(field.offset, field.length, b"")
        for field in view.header.fields
        if field.name in unwanted or (beginnings and field.name.startswith(beginnings))
    )


def replace_field(view: MessageView, name: str, value: str) -> tuple[Splice, ...]:
    """Return splices after which the header has ``name`` once, with ``value``, where it first stood."""
    first, *others = view.all(name.lower()) or (None,)
    if first is None:
        return insert_field(view, name, value)
    changed = Splice(first.offset, first.length, field_octets(name, value, view.line_end))
    return (changed, *(Splice(other.offset, other.length, b"") for other in others if other is not None))


def field_octets(name: str, value: str, line_end: bytes) -> bytes:
    """Return a whole field, folded where it is long; other characters than ASCII in encoded words."""
    shown = _one_line(value)
    words = _encoded(shown).split(b" ")
    lines = [_one_line(name).encode("ascii", "replace").replace(b":", b"") + b":"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and lines[-1].strip() and not lines[-1].endswith(b":"):
            lines.append(b"")
        lines[-1] += b" " + word
    return line_end.join(lines) + line_end


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _encoded(text: str) -> bytes:
    """Return ``text`` in ASCII, as encoded words where it must be."""
    if text.isascii() and "=?" not in text:
        return text.encode("ascii")
    words: list[bytes] = []
    pending = b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(pending) + len(octets) > _WORD_OCTETS:
            words.append(pending)
            pending = b""
        pending += octets
    words.append(pending)
    return b" ".join(b"=?utf-8?B?" + base64.b64encode(word) + b"?=" for word in words)
