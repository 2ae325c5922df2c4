"""Parts added to, and replaced in, a message by splicing; every other octet stays."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from lazaretto.core.decision import Splice
from lazaretto.mail.bodies import is_sealed
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

_LINE: Final = 76
_HOLDING: Final = frozenset({"multipart/mixed", "multipart/related"})
_PLAIN_NAME: Final = re.compile(r"[^\w.,+@()\[\] -]", re.ASCII)

Fields = Sequence[tuple[str, str]]


def part_added(view: MessageView, fields: Fields, body: bytes) -> Splice | None:
    """Return the splice that adds a part at the end of the message; None when it has no place for one."""
    root = view.parts[0]
    boundary = root.media.first("boundary") if root.media is not None else ""
    if root.content_type not in _HOLDING or not boundary or root.header.is_odd:
        return None
    delimiter = b"--" + boundary.encode("ascii", "replace")
    raw = view.octets[root.offset : root.end]
    place = raw.rfind(b"\n" + delimiter + b"--")
    if place < 0:
        return None
    lines = [delimiter, *_field_lines(fields), b"", *_wrapped(body), b""]
    return Splice(root.offset + place + 1, 0, view.line_end.join(lines))


def replaced(part: Part, view: MessageView, fields: Fields, body: bytes) -> Iterator[Splice]:
    """Yield the splices that put ``body`` (encoded already) and ``fields`` in place of ``part``.

    Fields of its header that say nothing about its content stay.
    """
    old = [field for field in part.header.fields if field.name.startswith("content-")]
    lines = b"".join(line + view.line_end for line in _field_lines(fields))
    place = old[0].offset if old else part.header.offset
    for field in old[1:]:
        yield Splice(field.offset, field.length, b"")
    yield Splice(place, old[0].length if old else 0, lines)
    yield Splice(part.offset, part.length, view.line_end.join(_wrapped(body)))


def replaceable(view: MessageView) -> Iterator[Part]:
    """Yield the attachments that can be replaced: files of their own, not signed or encrypted."""
    for part in view.attachments:
        if part.embedded or part.is_container or part.header.is_odd or is_sealed(part, view):
            continue
        if part.header.body_offset > part.header.offset or part.path == "1":
            yield part


def name_of(part: Part) -> str:
    """Return the file's likeliest name, safe to show and to write down."""
    shown = part.names[0] if part.names else "attachment"
    plain = "".join(c if c.isprintable() and c not in '/\\:"' else "_" for c in shown[:120])
    return plain.strip(". ") or "attachment"


def disposition(name: str) -> str:
    """Return the value of Content-Disposition for a file called ``name`` (RFC 6266, RFC 2231)."""
    plain = _PLAIN_NAME.sub("_", name)
    value = f'attachment; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=utf-8''{quote(name, safe='')}"


def in_base64(octets: bytes) -> bytes:
    """Return ``octets`` in base64, in one line."""
    return base64.b64encode(octets)


def _field_lines(fields: Fields) -> list[bytes]:
    return [f"{name}: {value}".encode("ascii", "replace") for name, value in fields]


def _wrapped(body: bytes) -> list[bytes]:
    return [body[n : n + _LINE] for n in range(0, len(body), _LINE)] or [b""]
