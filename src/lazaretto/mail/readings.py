"""What other clients may find in octets that the standards call plain text, or nothing at all."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lazaretto.mail import base64_readings, quoted_printable, transfer
from lazaretto.mail.anomalies import Anomalies
from lazaretto.mail.content_fields import encodings_of
from lazaretto.mail.delimiters import Delimiter, delimiter_at
from lazaretto.mail.limits import Limits
from lazaretto.mail.octets import Octets
from lazaretto.mail.part import Part, Reading
from lazaretto.mail.transfer import Encoding

MAX_BLOCKS = 50
"""Files in the text of one part."""
SNIFFED = 4_096
MAX_REREAD = 8 << 20
"""Octets of a part with a broken encoding that are decoded in every way."""
MAX_FIELDS_BEFORE = 512
FIRST_FIELDS, MAX_FIELDS = 2 << 10, 64 << 10
"""Octets behind a delimiter in which the fields of a part are looked for: first, and if they go on."""
_BLANK_BEFORE = 40
MAX_MISPLACED = 200
"""Delimiters in the middle of lines that are looked behind."""
_PART_HEADER = re.compile(
    rb"[ \t\r\n]{0,20}(?:[!-9;-~]{1,60}[ \t]*:[^\n]{0,200}\n){0,6}content-[a-z-]{2,30}[ \t]*:", re.IGNORECASE
)
_CONTENT_FIELD = re.compile(
    rb"^[ \t]{0,20}content-[a-z-]{2,30}[ \t]*(?:\r?\n[ \t]{1,80})?:", re.IGNORECASE | re.MULTILINE
)
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_ANY_FIELD = re.compile(rb"[ \t\r\n]{0,20}[!-9;-~]{1,60}[ \t]*:")
_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{2,}={0,2}\s+){1,}[A-Za-z0-9+/=\s]*$")
_QUOTED = re.compile(rb"=(?:[0-9A-F]{2}|[0-9a-f]{2}|[ \t]*\r?\n)")
_UU_BEGIN = re.compile(rb"begin(?:-base64)?[ \t]{1,8}[0-7]{1,6}(?:[ \t]{1,8}([^\r\n]{0,4096}))?\r?\n")
_Y_BEGIN = re.compile(rb"=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,4096})\r?\n")
_BEGINNINGS = (b"begin ", b"begin\t", b"begin-base64", b"=ybegin ")
_BINHEX_TYPES = frozenset({"application/mac-binhex40", "application/mac-binhex", "application/x-binhex40"})
"""With them, programs need no sentence to know what follows."""
_BINHEX_BEGIN = b"(This file must be converted with BinHex"


class Work:
    """How many octets may still be looked at for the sake of other readings."""

    __slots__ = ("left", "spent")

    def __init__(self, octets: int) -> None:
        self.left = octets
        self.spent = False
        """Something could not be afforded."""

    def afford(self, octets: int) -> bool:
        """Take ``octets`` from what is left; False when there is not enough."""
        if octets > self.left:
            self.spent = True
            return False
        self.left -= octets
        return True


@dataclass(frozen=True, slots=True)
class Hidden:
    """A part that stands behind a delimiter which nobody announced."""

    line: bytes
    start: int
    end: int
    related: bool
    """The delimiter resembles one that was announced."""
    broken_off: bool
    """What follows may be a header, of which more than is read has no end."""


def hidden_parts(
    octets: Octets, lines: Sequence[Delimiter], claimed: set[int], closing: set[int], work: Work
) -> Iterator[Hidden]:
    """Yield what looks like parts behind the lines that are not ``claimed``, and behind ``closing`` ones."""
    announced = tuple({line.text for line in lines if line.start in claimed and line.text})
    if others := _misplaced(octets, lines, claimed - closing, work):
        lines = sorted((*lines, *others), key=lambda line: line.start)
    blocks = _Blocks(octets)
    places = sorted(claimed)
    for number, line in enumerate(lines):
        if line.start in claimed and line.start not in closing:
            continue
        following = bisect_right(places, line.start)
        until = places[following] if following < len(places) else len(octets)
        related = bool(line.text) and line.text.startswith(announced) if announced else False
        heads = blocks.head_a_part(line.after, until)
        broken_off = not heads and related and blocks.broken_off and line.after + MAX_FIELDS < until
        if heads or broken_off:
            yield Hidden(line.text, line.after, _end_of(lines, number, len(octets)), related, broken_off)


class _Blocks:
    """Tells where headers of parts are; neighbouring places in one block are looked at together."""

    __slots__ = ("_end", "_fields", "_octets", "broken_off")

    def __init__(self, octets: Octets) -> None:
        self.broken_off = False
        """The block that was looked at last goes on behind what was read of it."""
        self._octets = octets
        self._end = -1
        self._fields: list[int] = []

    def head_a_part(self, place: int, until: int) -> bool:
        """Tell whether a Content-… field stands between the places, before the first empty line.

        Places are asked about in order.
        """
        if place >= self._end:
            self._look_at(place)
        number = bisect_left(self._fields, place)
        return number < len(self._fields) and self._fields[number] < until

    def _look_at(self, place: int) -> None:
        for size in (FIRST_FIELDS, MAX_FIELDS):
            block = self._octets[place : place + size]
            beginning = block[:_BLANK_BEFORE]
            empty = _EMPTY_LINE.search(block, len(beginning) - len(beginning.lstrip()))
            if empty is not None or len(block) < size:
                break
        end = empty.start() + 1 if empty is not None else len(block)
        self._end = place + end
        self.broken_off = empty is None and len(block) == MAX_FIELDS
        self._fields = [place + field.start() for field in _CONTENT_FIELD.finditer(block, 0, end)]


def _misplaced(octets: Octets, lines: Sequence[Delimiter], claimed: set[int], work: Work) -> list[Delimiter]:
    """Return the delimiters of announced boundaries that do not begin a line: some clients go by them."""
    found: list[Delimiter] = []
    starts = [line.start for line in lines]
    for boundary in dict.fromkeys(line.text for line in lines if line.start in claimed and line.text):
        if not work.afford(len(octets)):
            break
        place = octets.find(b"--" + boundary, 0, len(octets))
        while place >= 0 and len(found) < MAX_MISPLACED:
            line = lines[max(0, bisect_right(starts, place) - 1)]
            if not line.start <= place < line.after:
                found.append(delimiter_at(octets, place))
            place = octets.find(b"--" + boundary, place + len(boundary), len(octets))
    return found


def begins_with_any_field(part: Part) -> bool:
    """Tell whether the body, as it stands, looks like a message."""
    return _ANY_FIELD.match(part.source[part.offset : min(part.end, part.offset + 100)]) is not None


def begins_with_fields(part: Part) -> bool:
    """Tell whether the body looks like the header of a part: its author put an empty line before it."""
    beginning = part.source[part.offset : min(part.end, part.offset + MAX_FIELDS_BEFORE)]
    return beginning.lstrip()[:8].lower() == b"content-" and _PART_HEADER.match(beginning) is not None


def _end_of(lines: Sequence[Delimiter], number: int, size: int) -> int:
    text = lines[number].text
    for line in lines[number + 1 : number + 200]:
        if line.text.startswith(text) or text.startswith(line.text.removesuffix(b"--")):
            return line.start
    return size


def other_readings(part: Part, work: Work, anomalies: Anomalies, limits: Limits) -> Iterator[Part]:
    """Yield ``part`` as clients may read it that decode it otherwise."""
    if part.length <= 0 or not work.afford(part.length):
        if part.length > 0:
            anomalies.limit("READINGS", f"part {part.path} was read in one way only")
        return
    meant = encodings_of(part.header)
    for encoding in meant.others:
        if {encoding, meant.first} != {Encoding.IDENTITY}:
            anomalies.ambiguous(
                "CONFLICTING_ENCODING", f"{meant.first.value}, {encoding.value} in part {part.path}"
            )
            yield _reread(part, encoding, limits)
    if part.content_type in _BINHEX_TYPES:
        text = part.decoded(limits.embedded)
        yield _inner(part, text, 0, len(text), Encoding.BINHEX, "", limits)
    if part.encoding is Encoding.BASE64:
        yield from _base64_readings(part, work, anomalies, limits)
    if part.encoding is Encoding.QUOTED_PRINTABLE:
        yield from _quoted_printable_readings(part, work, anomalies, limits)
    if part.encoding is Encoding.IDENTITY:
        yield from _sniffed(part, meant.others, limits)
    is_text = part.encoding is Encoding.BASE64 and part.main_type == "text"
    if is_text or part.encoding in (Encoding.IDENTITY, Encoding.QUOTED_PRINTABLE):
        yield from _files_in_text(part, anomalies, limits)


def _base64_readings(part: Part, work: Work, anomalies: Anomalies, limits: Limits) -> Iterator[Part]:
    faults = base64_readings.faults(part.source, part.offset, part.end)
    if not faults:
        return
    others: list[Encoding] = []
    if faults.junk:
        anomalies.malformed("BAD_BASE64", faults.junk)
        others += [*transfer.BASE64_READINGS_OF_JUNK, Encoding.IDENTITY]
    if faults.padded_inside:
        anomalies.malformed("PADDING_IN_BASE64", f"part {part.path}")
        others += transfer.BASE64_READINGS_OF_PADDING
    if faults.blocks:
        others += transfer.BASE64_READINGS_OF_BLOCKS
    if faults.odd_lines:
        others.append(Encoding.BASE64_LINEWISE)
    yield from _all(part, others, work, anomalies, limits)


def _quoted_printable_readings(
    part: Part, work: Work, anomalies: Anomalies, limits: Limits
) -> Iterator[Part]:
    bad = quoted_printable.fault(part.source, part.offset, part.end)
    if bad:
        anomalies.malformed("BAD_QUOTED_PRINTABLE", bad)
        yield from _all(part, transfer.QUOTED_PRINTABLE_READINGS, work, anomalies, limits)


def _all(
    part: Part, others: Collection[Encoding], work: Work, anomalies: Anomalies, limits: Limits
) -> Iterator[Part]:
    if part.length > MAX_REREAD or not work.afford(part.length * len(others)):
        anomalies.limit("READINGS", f"part {part.path} was read in one way only")
        return
    for encoding in others:
        yield _reread(part, encoding, limits)


def _sniffed(part: Part, known: tuple[Encoding, ...], limits: Limits) -> Iterator[Part]:
    sample = part.source[part.offset : min(part.end, part.offset + SNIFFED)]
    if Encoding.BASE64 not in known and len(sample) >= 40 and _looks_like_base64(sample):
        yield _reread(part, Encoding.BASE64, limits)
    if Encoding.QUOTED_PRINTABLE not in known and len(_QUOTED.findall(sample)) >= 8:
        yield _reread(part, Encoding.QUOTED_PRINTABLE, limits)


def _looks_like_base64(sample: bytes) -> bool:
    if b" " in sample.strip()[:64]:
        return False
    lines = sample.split(b"\n")
    if len(lines) > 2:
        lines.pop()
    clean = sum(1 for line in lines if not line.translate(None, base64_readings.CHARACTERS))
    return (clean * 2 > len(lines) and _BASE64.match(sample[:32]) is not None) or clean * 10 > len(lines) * 9


def _files_in_text(part: Part, anomalies: Anomalies, limits: Limits) -> Iterator[Part]:
    if part.encoding is Encoding.IDENTITY and not any(
        part.source.find(mark, part.offset, part.end) >= 0 for mark in (*_BEGINNINGS, _BINHEX_BEGIN)
    ):
        return
    decoded = part.decoded_part(limits.decoded)
    if decoded.cut:
        anomalies.limit("READINGS", f"part {part.path} was searched for files in its first octets only")
    text = decoded.octets
    for mark, pattern, encoding, closing in (
        (b"begin", _UU_BEGIN, Encoding.UUENCODE, b"\nend"),
        (b"=ybegin ", _Y_BEGIN, Encoding.YENC, b"\n=yend"),
    ):
        for count, match in enumerate(_beginnings(text, mark, pattern)):
            if count >= MAX_BLOCKS:
                anomalies.limit("BLOCKS", f"more than {MAX_BLOCKS} files in the text of part {part.path}")
                break
            end_of_block = text.find(closing, match.end())
            stop = len(text) if end_of_block < 0 else end_of_block + 1
            base64 = match[0].startswith(b"begin-base64")
            yield _block(part, text, match, stop, Encoding.BASE64 if base64 else encoding, limits)
    binhex = text.find(_BINHEX_BEGIN)
    if binhex >= 0:
        yield _inner(part, text, binhex + len(_BINHEX_BEGIN), len(text), Encoding.BINHEX, "", limits)


def _beginnings(text: bytes, mark: bytes, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Yield where lines match ``pattern``, which begins with ``mark``."""
    place = text.find(mark)
    while place >= 0:
        match = pattern.match(text, place) if place == 0 or text[place - 1] in b"\r\n" else None
        if match is not None:
            yield match
        place = text.find(mark, match.end() if match else place + 1)


def _block(
    part: Part, text: bytes, match: re.Match[bytes], stop: int, encoding: Encoding, limits: Limits
) -> Part:
    return _inner(
        part, text, match.end(), stop, encoding, (match[1] or b"").decode("latin-1").strip(), limits
    )


def _inner(
    part: Part, text: bytes, start: int, end: int, encoding: Encoding, name: str, limits: Limits
) -> Part:
    return Part(
        source=text,
        header=part.header,
        offset=start,
        end=end,
        path=f"{part.path}.{encoding.value}",
        depth=part.depth + 1,
        media=None,
        content_type="application/octet-stream",
        encoding=encoding,
        limits=limits,
        reading=Reading.ALTERNATIVE,
        embedded=True,
        given_name=name,
    )


def _reread(part: Part, encoding: Encoding, limits: Limits) -> Part:
    return Part(
        source=part.source,
        header=part.header,
        offset=part.offset,
        end=part.end,
        path=f"{part.path}.{encoding.value}",
        depth=part.depth,
        media=part.media,
        content_type=part.content_type,
        encoding=encoding,
        limits=limits,
        reading=Reading.ALTERNATIVE,
        embedded=part.embedded,
    )
