"""What splices change of a message, as people read it: fields, added texts, replaced files.

Each is told as it was and as it will be, decoded and cut short; what a message says besides is not told.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from lazaretto.core.decision import Difference, Place, Splice
from lazaretto.mail import charsets, encoded_words
from lazaretto.mail.header import Field
from lazaretto.mail.html import html_view
from lazaretto.mail.part import Part
from lazaretto.mail.splicing import splice
from lazaretto.mail.transfer import Encoding
from lazaretto.mail.view import MessageView

MOST: Final = 20
"""Differences of one copy that are told."""
LONGEST: Final = 300
"""Characters of each side."""
_LOOKED_AT: Final = 16 << 10
"""Octets of an added text that are read."""
_NAMED: Final = re.compile(rb'filename="([^"\r\n]{1,200})"')
_FIELD: Final = re.compile(rb"([!-9;-~]{1,76}):((?:[^\n]|\n[ \t])*)\n?")


def differences(view: MessageView, splices: Sequence[Splice], action: str = "") -> tuple[Difference, ...]:
    """Return what ``splices``, those of one ``action``, change; at most ``MOST``."""
    return tuple(islice(_differences(view, splices, action), MOST))


def _differences(view: MessageView, splices: Sequence[Splice], action: str) -> Iterator[Difference]:
    in_body = []
    for each in sorted(splices, key=lambda one: one.offset):
        if each.offset < view.header.body_offset or not view.header.body_offset:
            yield from _of_header(view, each, action)
        else:
            in_body.append(each)
    yield from _of_body(view, in_body, action)


def _of_header(view: MessageView, each: Splice, action: str) -> Iterator[Difference]:
    field = next((one for one in view.header.fields if one.offset <= each.offset < one.end), None)
    if field is None or (each.offset == field.offset and not each.length):
        for name, value in _fields_in(each.octets):
            yield _told(action, Place.HEADER, name, "", value)
        return
    spliced = splice(
        view.octets[field.offset : field.end],
        (Splice(each.offset - field.offset, min(each.length, field.end - each.offset), each.octets),),
    )
    after = next(iter(_fields_in(b"".join(spliced))), ("", ""))[1]
    yield _told(action, Place.HEADER, _shown_name(view, field), field.decoded, after)


def _fields_in(octets: bytes) -> Iterator[tuple[str, str]]:
    for found in _FIELD.finditer(octets[:_LOOKED_AT]):
        yield found[1].decode("ascii", "replace"), encoded_words.decode(found[2].rstrip(b"\r\n"))


def _shown_name(view: MessageView, field: Field) -> str:
    """Return a field's name as the sender wrote it."""
    written = view.octets[field.offset : field.offset + len(field.name)].decode("ascii", "replace")
    return written if written.lower() == field.name else field.name


def _of_body(view: MessageView, splices: Sequence[Splice], action: str) -> Iterator[Difference]:
    if not splices:
        return
    parts = [part for part in view.leaves if not part.embedded]
    replaced: dict[str, bytes] = {}
    for each in splices:
        part = next((one for one in parts if one.header.offset <= each.offset <= one.end), None)
        if part is None:
            name = _file_name(each.octets)
            yield _told(action, Place.FILE if name else Place.TEXT, name, "", name)
        elif part.is_attachment:
            replaced[part.path] = replaced.get(part.path, b"") + each.octets[:_LOOKED_AT]
        else:
            yield _told(action, Place.TEXT, part.content_type, "", _text_in(part, each.octets))
    for part in parts:
        if part.path in replaced:
            before = part.names[0] if part.names else part.content_type
            yield _told(action, Place.FILE, before, before, _file_name(replaced[part.path]))


def _file_name(octets: bytes) -> str:
    found = _NAMED.search(octets[:_LOOKED_AT])
    return found[1].decode("ascii", "replace") if found is not None else ""


def _text_in(part: Part, octets: bytes) -> str:
    """Return the text that ``octets`` put into ``part``, as a reader sees it."""
    plain = octets[:_LOOKED_AT]
    if part.encoding is Encoding.QUOTED_PRINTABLE:
        plain = quopri.decodestring(plain)
    elif part.encoding is Encoding.BASE64:
        try:
            joined = b"".join(plain.split())
            plain = binascii.a2b_base64(joined[: len(joined) // 4 * 4])
        except ValueError:
            return ""
    text = charsets.decode(plain, part.charset)
    return html_view(text).visible if part.content_type == "text/html" else text


def _told(action: str, place: Place, name: str, before: str, after: str) -> Difference:
    return Difference(action=action, place=place, name=_cut(name), before=_cut(before), after=_cut(after))


def _cut(text: str) -> str:
    shown = "".join(each if each.isprintable() else " " for each in text[: LONGEST * 4])
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
