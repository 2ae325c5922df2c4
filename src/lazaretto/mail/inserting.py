"""Adding text to a body by splicing: the octets that were there stay, in their charset and encoding.

Text in quoted-printable goes in as quoted-printable; text in base64 is put in at a group of four
characters, of which at most one is written anew.  What a charset cannot say is said in ASCII.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from enum import Enum
from typing import Final

from lazaretto.core.decision import Splice
from lazaretto.mail.part import Part
from lazaretto.mail.transfer import Encoding

_LINE: Final = 76
_SAFE_QP: Final = frozenset(range(33, 127)) - {ord("="), ord("."), ord("-")}
_SOFT: Final = rb"(?:=[ \t]*\r?\n)?"
_WHITE: Final = b" \t\r\n"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
# Charsets in which ASCII octets mean ASCII characters wherever they stand.
_ASCII_LIKE: Final = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d+|latin-?\d|windows-12\d\d|cp12\d\d|koi8-[ru]|euc-\w+|"
    r"gb\w+|big5|shift_jis|ks_c_5601-1987|macintosh|"
)


class End(Enum):
    """At which end of a body."""

    TOP = "top"
    BOTTOM = "bottom"


def inserted(part: Part, text: str, end: End, line_end: bytes) -> Splice | None:
    """Return the splice that adds ``text`` (lines of plain text, or HTML) to ``part``.

    None where that cannot be done without changing what is there.
    """
    if not _ASCII_LIKE.fullmatch(part.charset):
        return None
    is_html = part.content_type == "text/html"
    if part.encoding is Encoding.BASE64:
        return _into_base64(part, text, end, is_html=is_html, line_end=line_end)
    offset = _place(part, end, is_html=is_html)
    octets = _encoded(part, text, is_html=is_html)
    lines = octets.replace(b"\n", line_end)
    if part.encoding is Encoding.QUOTED_PRINTABLE:
        lines = line_end.join(_quoted_line(each, line_end) for each in octets.split(b"\n"))
    raw = part.source[part.offset : part.end]
    before = raw[: offset - part.offset]
    if before and not before.endswith(b"\n"):
        lines = _line_break(part, line_end, is_html=is_html) + lines
    if offset < part.end and not is_html:
        lines += line_end
    elif offset < part.end:
        lines += _line_break(part, line_end, is_html=True)
    return Splice(offset, 0, lines)


def folded_for_comparison(text: str) -> str:
    """Return ``text`` without what quoting, wrapping and charsets do to it."""
    return re.sub(r"[\s>|\xa0]+", "", plain_ascii(text)).casefold()


def plain_ascii(text: str) -> str:
    """Return ``text`` in ASCII, accents left out."""
    plain = text.translate(_SPELT)
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).encode("ascii", "replace").decode()


_SPELT: Final = {
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("ø"): "o",
    ord("–"): "-",
    ord("—"): "-",
    ord("’"): "'",
    ord("‘"): "'",
    ord("“"): '"',
    ord("”"): '"',
    ord("«"): '"',
    ord("»"): '"',
    ord("…"): "...",
    ord("€"): "EUR",
    0xA0: " ",
    0x202F: " ",
}


def _encoded(part: Part, text: str, *, is_html: bool) -> bytes:
    if is_html:
        # References mean the same in every charset.
        return text.encode("ascii", "xmlcharrefreplace")
    if text.isascii():
        return text.encode("ascii")
    may_be_8bit = part.encoding is not Encoding.IDENTITY or _declares_8bit(part)
    if may_be_8bit and part.charset:
        try:
            return text.encode(codecs.lookup(part.charset).name)
        except (LookupError, UnicodeEncodeError):
            pass
    return plain_ascii(text).encode("ascii")


def _declares_8bit(part: Part) -> bool:
    return part.header.decoded("content-transfer-encoding").strip().lower() in ("8bit", "binary")


def _place(part: Part, end: End, *, is_html: bool) -> int:
    if not is_html:
        return part.offset if end is End.TOP else part.end
    raw = part.source[part.offset : part.end]
    if end is End.TOP:
        found = _OPENING.search(raw)
        return part.offset + (found.end() if found else 0)
    closing = [match.start() for match in _CLOSING.finditer(raw)]
    return part.offset + (closing[-1] if closing else len(raw))


def _spread(word: bytes) -> bytes:
    """Return a pattern for ``word`` with soft line breaks of quoted-printable between its letters."""
    return _SOFT.join(re.escape(word[n : n + 1]) for n in range(len(word)))


_OPENING: Final = re.compile(_spread(b"<body") + rb"(?![a-z])[^<>]{0,4000}>", re.IGNORECASE)
_CLOSING: Final = re.compile(_spread(b"</body") + rb"\s{0,20}" + _SOFT + rb">", re.IGNORECASE)
_OPENING_DECODED: Final = re.compile(rb"<body(?![a-z])[^<>]{0,4000}>", re.IGNORECASE)
_CLOSING_DECODED: Final = re.compile(rb"</body\s{0,20}>", re.IGNORECASE)


def _line_break(part: Part, line_end: bytes, *, is_html: bool) -> bytes:
    # Inside a line of HTML a soft break of quoted-printable changes nothing; elsewhere lines may end.
    if is_html and part.encoding is Encoding.QUOTED_PRINTABLE:
        return b"=" + line_end
    return line_end


def _quoted_line(line: bytes, line_end: bytes) -> bytes:
    """Return one line in quoted-printable, with soft breaks where it is long."""
    pieces: list[bytes] = []
    current = b""
    for number, octet in enumerate(line):
        is_last = number == len(line) - 1
        plain = octet in _SAFE_QP or (octet in b".-" and bool(current)) or (octet in b" \t" and not is_last)
        token = bytes((octet,)) if plain else b"=%02X" % octet
        if len(current) + len(token) > _LINE - 1:
            pieces.append(current + b"=")
            current = b""
            if octet in b".-":
                token = b"=%02X" % octet
        current += token
    pieces.append(current)
    return line_end.join(pieces)


def _into_base64(part: Part, text: str, end: End, *, is_html: bool, line_end: bytes) -> Splice | None:
    raw = part.source[part.offset : part.end]
    characters = raw.translate(None, _WHITE)
    if not _BASE64.fullmatch(characters) or len(characters) % 4:
        # Clients disagree about such a body already.
        return None
    try:
        decoded = base64.b64decode(characters, validate=True)
    except binascii.Error:
        return None
    octets = _encoded(part, text, is_html=is_html).replace(b"\n", b"\r\n")
    place = _place_in(decoded, end, is_html=is_html)
    octets = _apart(decoded, place, octets)
    group = place // 3
    start, stop = _offset_of(raw, group * 4), _offset_of(raw, min(group * 4 + 4, len(characters)))
    before, behind = decoded[group * 3 : place], decoded[place : group * 3 + 3]
    if stop < len(raw.rstrip(_WHITE)):
        # What follows must stay where it is in its groups of three octets.
        # Blanks at the end of our last line; at the beginning of the next one they would be seen.
        blanks = b" " * (-len(before + octets + behind) % 3)
        octets = octets[:-2] + blanks + b"\r\n" if octets.endswith(b"\r\n") else octets + blanks
    lines = base64.b64encode(before + octets + behind)
    wrapped = line_end.join(lines[n : n + _LINE] for n in range(0, len(lines), _LINE))
    lead = line_end if start and raw[start - 1 : start] != b"\n" else b""
    trail = line_end if stop < len(raw) and raw[stop : stop + 1] not in (b"\r", b"\n") else b""
    return Splice(part.offset + start, stop - start, lead + wrapped + trail)


def _place_in(decoded: bytes, end: End, *, is_html: bool) -> int:
    if not is_html:
        return 0 if end is End.TOP else len(decoded)
    if end is End.TOP:
        found = _OPENING_DECODED.search(decoded)
        return found.end() if found else 0
    closing = [match.start() for match in _CLOSING_DECODED.finditer(decoded)]
    return closing[-1] if closing else len(decoded)


def _apart(decoded: bytes, place: int, octets: bytes) -> bytes:
    """Return ``octets`` on lines of their own."""
    if place and decoded[place - 1 : place] != b"\n":
        octets = b"\r\n" + octets
    return octets + b"\r\n" if place < len(decoded) else octets


def _offset_of(raw: bytes, wanted: int) -> int:
    """Return the place in ``raw`` behind ``wanted`` characters that are no white space."""
    seen = position = 0
    while seen < wanted and position < len(raw):
        line = raw.find(b"\n", position)
        line = len(raw) if line < 0 else line + 1
        count = len(raw[position:line].translate(None, _WHITE))
        if seen + count > wanted:
            visible = [place for place in range(position, line) if raw[place] not in _WHITE]
            return visible[wanted - seen]
        seen, position = seen + count, line
    # Behind the last wanted character, not behind the line end that follows it.
    while position and raw[position - 1] in _WHITE:
        position -= 1
    return position


def as_html(text: str) -> str:
    """Return plain ``text`` as HTML lines."""
    return "<br>\n".join(html.escape(line, quote=False) for line in text.split("\n"))
