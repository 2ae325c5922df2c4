"""The tree of parts: first as the standards read it, then as any client might.

The primary reading takes the first Content-Type, the first boundary that occurs, and the first
encoding.  Whatever another client may see instead (a second boundary, parts before the first or
after the last delimiter, parts behind a boundary that nobody announced, another encoding of the
same octets) follows as parts of the alternative reading, so that who scans all parts scans the
union.  Only what no honest program writes is called ambiguous.

The work is iterative, and bounded in parts, depth and octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lazaretto.mail import readings
from lazaretto.mail.anomalies import Anomalies
from lazaretto.mail.content_fields import Encodings, encodings_of, types_of
from lazaretto.mail.delimiters import Delimiter, DelimiterIndex
from lazaretto.mail.header import Header, scan_header
from lazaretto.mail.limits import Limits
from lazaretto.mail.octets import Octets
from lazaretto.mail.parameters import ParameterList
from lazaretto.mail.part import Part, Reading
from lazaretto.mail.tidying import is_untidy, tidy_forms
from lazaretto.mail.transfer import Encoding

MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
MAX_BOUNDARIES = 16
"""Candidate boundaries of one part that are tried."""
MAX_ALTERNATIVE_TYPES = 4
MAX_ALTERNATIVE_HEADER = 64 << 10
WORK_OF_HEADERS = 50
"""How much dearer an octet of a header is than one of a body."""
WORK_PER_OCTET = 6
"""How often the octets of a message may be looked at for the sake of other readings."""
MIN_OUTSIDE = 120
"""Octets outside all parts that are worth a look; honest programs write a sentence there."""
PROBED = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """Octets that hold one part with its header."""

    source: _Source
    start: int
    end: int
    path: str
    depth: int
    reading: Reading = Reading.PRIMARY
    default_type: str = "text/plain"
    as_type: ParameterList | None = None
    """Read it as if this were its Content-Type."""
    boundary: str = ""
    """Read it with this boundary."""
    header: Header | None = None
    """Its header, when it is known already."""
    around: int = 0
    """Where the multipart ends that it is a part of."""


class _Source:
    """Octets with their delimiter lines."""

    __slots__ = ("_anomalies", "_index", "_limits", "claimed", "closing", "embedded", "octets")

    def __init__(self, octets: Octets, anomalies: Anomalies, limits: Limits, *, embedded: bool) -> None:
        self.octets = octets
        self.embedded = embedded
        self.claimed: set[int] = set()
        """Places of the delimiters that the primary reading goes by."""
        self.closing: set[int] = set()
        """Those of them that end a multipart."""
        self._index: DelimiterIndex | None = None
        self._anomalies = anomalies
        self._limits = limits

    @property
    def index(self) -> DelimiterIndex:
        if self._index is None:
            self._index = DelimiterIndex(self.octets, 0, self._anomalies, self._limits)
        return self._index


class Structure:
    """All parts of a message in order: the primary reading, then the alternatives."""

    def __init__(self, octets: Octets, header: Header, anomalies: Anomalies, limits: Limits) -> None:
        self._anomalies = anomalies
        self._limits = limits
        self._sources = [_Source(octets, anomalies, limits, embedded=False)]
        self._work = readings.Work(WORK_PER_OCTET * len(octets) + (64 << 20))
        self._alternatives: list[_Region] = []
        self._outside: list[Part] = []
        self.parts: list[Part] = []
        root = _Region(
            source=self._sources[0], start=header.offset, end=len(octets), path="1", depth=0, header=header
        )
        self._walk([root])
        self._add_tidied(root)
        self._walk_alternatives()

    def _walk(self, regions: list[_Region]) -> None:
        pending = regions[::-1]
        while pending:
            region = pending.pop()
            if len(self.parts) >= self._limits.parts:
                self._anomalies.limit("PARTS", f"more than {self._limits.parts} parts")
                return
            children = self._read(region)
            if children and region.depth >= self._limits.depth:
                self._anomalies.limit("DEPTH", f"parts nested deeper than {self._limits.depth}")
                continue
            pending.extend(reversed(children))

    def _walk_alternatives(self) -> None:
        """Read what other clients may see; parts found so are looked into like all others."""
        seen: set[tuple[int, int, int, str, str]] = set()
        self._add_hidden()
        while self._alternatives:
            regions, self._alternatives = self._alternatives, []
            for region in regions:
                key = (
                    id(region.source),
                    region.start,
                    region.end,
                    region.boundary,
                    region.as_type.value if region.as_type else "",
                )
                if key not in seen:
                    seen.add(key)
                    self._walk([region])
        self.parts += self._outside[: max(0, self._limits.parts - len(self.parts))]
        self._add_other_leaves()

    def _read(self, region: _Region) -> list[_Region]:
        """Add the part of ``region``; return the regions of the parts that it consists of."""
        source = region.source
        header = region.header or self._header(region)
        if header is None:
            return []
        types = types_of(header, self._limits)
        media = region.as_type or (types[0] if types else None)
        encodings = encodings_of(header)
        part = Part(
            source=source.octets,
            header=header,
            offset=min(header.body_offset, region.end),
            end=region.end,
            path=region.path,
            depth=region.depth,
            media=media,
            content_type=_type_of(media, region.default_type),
            encoding=encodings.first,
            limits=self._limits,
            reading=region.reading,
            embedded=source.embedded,
        )
        self.parts.append(part)
        self._note_fields(part, encodings, types, media)
        if region.as_type is None and region.reading is Reading.PRIMARY:
            self._add_other_types(region, part, types)
        if part.content_type in MESSAGE_TYPES:
            return self._message_in(region, part)
        if part.main_type != "multipart" and readings.begins_with_fields(part):
            self._anomalies.malformed("FIELDS_IN_BODY", f"part {part.path}")
            self._alternatives.append(
                replace(
                    region,
                    start=part.offset,
                    header=None,
                    as_type=None,
                    boundary="",
                    reading=Reading.ALTERNATIVE,
                )
            )
        if part.main_type == "multipart" and media is not None:
            return self._parts_of(region, part, media)
        return []

    def _header(self, region: _Region) -> Header | None:
        """Return the header of ``region``; None when too much was read for alternatives already."""
        octets = region.source.octets
        if region.reading is Reading.PRIMARY:
            return scan_header(octets, region.start, region.end, self._anomalies, self._limits)
        # Alternatives may overlap: only so much of each, and of all of them, is read.
        if self._work.spent:
            return None
        end = min(region.end, region.start + MAX_ALTERNATIVE_HEADER)
        header = scan_header(octets, region.start, end, self._anomalies, self._limits)
        if not self._work.afford(WORK_OF_HEADERS * len(header.raw)):
            self._anomalies.limit("READINGS", f"part {region.path} was not looked into")
            return None
        if header.body_offset >= end < region.end:
            self._anomalies.limit("READINGS", f"the header of part {region.path} was read in part")
        return header

    def _note_fields(
        self, part: Part, encodings: Encodings, types: tuple[ParameterList, ...], media: ParameterList | None
    ) -> None:
        if encodings.odd:
            self._anomalies.malformed("BAD_ENCODING", encodings.odd)
        if media is not None and media.excess:
            self._anomalies.limit("PARAMETERS", f"Content-Type of part {part.path}")
        if any(disposition.excess for disposition in part.dispositions):
            self._anomalies.limit("PARAMETERS", f"Content-Disposition of part {part.path}")
        if len(types) > 1:
            self._anomalies.malformed("DUPLICATE_CONTENT_TYPE", ", ".join(each.value for each in types[:3]))

    def _add_other_types(self, region: _Region, part: Part, types: tuple[ParameterList, ...]) -> None:
        """Consider the other Content-Types, and one that means multipart without saying so."""
        for media in types[:MAX_ALTERNATIVE_TYPES]:
            taken = part.media is media and part.main_type == "multipart"
            if taken or not any(self._delimiters(region, part, boundary) for boundary in _boundaries(media)):
                continue
            self._anomalies.ambiguous("AMBIGUOUS_CONTENT_TYPE", f"{media.value} in part {part.path}")
            as_multipart = _as_multipart(media)
            self._alternatives.append(
                replace(region, reading=Reading.ALTERNATIVE, as_type=as_multipart, header=part.header)
            )

    def _message_in(self, region: _Region, part: Part) -> list[_Region]:
        """Return the region of the message that ``part`` is."""
        if part.encoding is Encoding.IDENTITY:
            part.is_container = True
            return [self._child(region, 1, part.offset, part.end)]
        self._anomalies.malformed("ENCODED_MESSAGE", f"{part.transfer_encoding} in part {part.path}")
        if readings.begins_with_any_field(part):
            plain = self._child(region, 1, part.offset, part.end)
            self._alternatives.append(replace(plain, reading=Reading.ALTERNATIVE))
        return self._embedded(region, part)

    def _embedded(self, region: _Region, part: Part) -> list[_Region]:
        """Return the region of what ``part`` holds once its encoding is undone."""
        decoded = part.decoded_part(self._limits.embedded)
        if decoded.cut:
            self._anomalies.limit(
                "EMBEDDED", f"part {part.path} is longer than {self._limits.embedded} octets"
            )
        if not self._work.afford(len(decoded.octets)):
            self._anomalies.limit("READINGS", f"part {part.path} was not looked into")
            return []
        octets = decoded.octets if b"\n" in decoded.octets else decoded.octets.replace(b"\r", b"\n")
        source = _Source(octets, self._anomalies, self._limits, embedded=True)
        self._sources.append(source)
        part.is_container = True
        return [
            _Region(
                source=source,
                start=0,
                end=len(octets),
                path=f"{region.path}.1",
                depth=region.depth + 1,
                reading=region.reading,
            )
        ]

    def _parts_of(self, region: _Region, part: Part, media: ParameterList) -> list[_Region]:
        """Return the regions of the parts of a multipart."""
        candidates = [region.boundary] if region.boundary else _boundaries(media)
        found: list[tuple[str, list[Delimiter]]] = []
        for boundary in candidates:
            lines = self._delimiters(region, part, boundary)
            if lines and all(lines[0].start != other[0].start for _, other in found):
                found.append((boundary, lines))
        if not found:
            return self._undelimited(region, part)
        for boundary, _ in found[1:]:
            self._anomalies.ambiguous("AMBIGUOUS_BOUNDARY", boundary)
            self._alternatives.append(
                replace(
                    region, reading=Reading.ALTERNATIVE, boundary=boundary, header=part.header, as_type=media
                )
            )
        boundary, lines = found[0]
        self._add_encoded(region, part, boundary)
        self._add_beyond(region, part, boundary, lines)
        regions = self._between(region, part, boundary, lines)
        part.is_container = bool(regions)
        if regions and region.reading is Reading.PRIMARY:
            self._keep_outside(region, part, lines, _octets_of(boundary) + b"--")
        return regions

    def _add_encoded(self, region: _Region, part: Part, boundary: str) -> None:
        """Consider a multipart that has other delimiters when its encoding is undone, which is forbidden."""
        if part.encoding is Encoding.IDENTITY:
            return
        mark = b"\n--" + _octets_of(boundary)
        decoded = part.decoded(self._limits.embedded)
        plain = part.source[part.offset : min(part.end, part.offset + self._limits.embedded)]
        if (b"\n" + decoded).count(mark) > (b"\n" + plain).count(mark):
            self._anomalies.ambiguous("ENCODED_MULTIPART", f"{part.transfer_encoding} in part {part.path}")
            self._alternatives += [
                replace(inner, as_type=part.media, header=Header((), b"", 0, 0), reading=Reading.ALTERNATIVE)
                for inner in self._embedded(region, part)
            ]

    def _add_beyond(self, region: _Region, part: Part, boundary: str, lines: list[Delimiter]) -> None:
        """Consider a multipart without an end that goes on behind the end of the one around it."""
        closing = _octets_of(boundary) + b"--"
        if region.around <= region.end or any(line.text == closing for line in lines):
            return
        if region.source.index.of(_octets_of(boundary), region.end, region.around):
            self._anomalies.malformed("GOES_BEYOND", f"multipart {part.path}")
            beyond = replace(region, end=region.around, around=0, header=part.header)
            self._alternatives.append(replace(beyond, reading=Reading.ALTERNATIVE))

    def _keep_outside(self, region: _Region, part: Part, lines: list[Delimiter], closing: bytes) -> None:
        """Keep what stands before the first and after the last delimiter, unless it is a word or two."""
        last = next((line for line in lines if line.text == closing), None)
        self._add_outside(region, part, "preamble", part.offset, lines[0].start)
        if last is not None:
            self._add_outside(region, part, "epilogue", last.after, region.end)

    def _add_outside(self, region: _Region, part: Part, what: str, start: int, end: int) -> None:
        if end - start < MIN_OUTSIDE or not region.source.octets[start : min(end, start + PROBED)].strip():
            return
        self._outside.append(
            Part(
                source=part.source,
                header=Header((), b"", start, start),
                offset=start,
                end=end,
                path=f"{part.path}.{what}",
                depth=region.depth + 1,
                media=None,
                content_type="text/plain",
                encoding=Encoding.IDENTITY,
                limits=self._limits,
                reading=Reading.ALTERNATIVE,
                embedded=part.embedded,
            )
        )

    def _undelimited(self, region: _Region, part: Part) -> list[_Region]:
        """Return what a multipart without its delimiter holds: perhaps they are encoded."""
        self._anomalies.malformed("MISSING_BOUNDARY", f"{part.content_type} in part {part.path}")
        if part.encoding is not Encoding.IDENTITY and part.length:
            decoded = part.decoded(64 << 10)
            if b"\n--" in decoded or decoded.startswith(b"--"):
                self._anomalies.ambiguous(
                    "ENCODED_MULTIPART", f"{part.transfer_encoding} in part {part.path}"
                )
                return [
                    replace(inner, as_type=part.media, header=Header((), b"", 0, 0))
                    for inner in self._embedded(region, part)
                ]
        return []

    def _delimiters(self, region: _Region, part: Part, boundary: str) -> list[Delimiter]:
        return region.source.index.of(_octets_of(boundary), part.offset, region.end)

    def _between(self, region: _Region, part: Part, boundary: str, lines: list[Delimiter]) -> list[_Region]:
        """Return the regions between ``lines``; what is before the first and after the last is hidden."""
        octets = region.source.octets
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        closing = _octets_of(boundary) + b"--"
        regions: list[_Region] = []
        for number, line in enumerate(lines):
            if region.reading is Reading.PRIMARY:
                region.source.claimed.add(line.start)
            if line.text == closing:
                region.source.closing.add(line.start)
                break
            end = lines[number + 1].start if number + 1 < len(lines) else region.end
            if number + 1 < len(lines):
                end = _before_line_end(octets, line.after, end)
            child = self._child(region, len(regions) + 1, min(line.after, end), end)
            regions.append(replace(child, default_type=default))
        else:
            self._anomalies.malformed("MISSING_END", f"multipart {part.path}")
        return regions

    def _child(self, region: _Region, number: int, start: int, end: int) -> _Region:
        return _Region(
            source=region.source,
            start=start,
            end=end,
            path=f"{region.path}.{number}",
            depth=region.depth + 1,
            reading=region.reading,
            around=region.end,
        )

    def _add_tidied(self, root: _Region) -> None:
        """Consider the message as it goes on, and as those have it who drop zero octets."""
        octets = root.source.octets
        if not self._limits.tidied or not is_untidy(octets):
            return
        if len(octets) > self._limits.tidied or not self._work.afford(2 * len(octets)):
            self._anomalies.limit("READINGS", "stray line ends or zeros in a very long message")
            return
        for tidied in tidy_forms(octets[:]):
            source = _Source(tidied, self._anomalies, self._limits, embedded=True)
            self._sources.append(source)
            self._alternatives.append(
                _Region(
                    source=source,
                    start=0,
                    end=len(tidied),
                    path="tidied",
                    depth=0,
                    reading=Reading.ALTERNATIVE,
                )
            )

    def _add_hidden(self) -> None:
        """Find parts behind delimiter lines that the primary reading does not go by."""
        for source in self._sources:
            for found in readings.hidden_parts(
                source.octets, source.index.lines, source.claimed, source.closing, self._work
            ):
                if found.broken_off:
                    self._anomalies.limit("READINGS", f"what follows {found.line!r} was not looked into")
                    continue
                grade = self._anomalies.ambiguous if found.related else self._anomalies.malformed
                grade("HIDDEN_PART", found.line)
                path = f"hidden{len(self._alternatives) + 1}"
                self._alternatives.append(
                    _Region(
                        source=source,
                        start=found.start,
                        end=found.end,
                        path=path,
                        depth=1,
                        reading=Reading.ALTERNATIVE,
                    )
                )

    def _add_other_leaves(self) -> None:
        """Add the other ways to decode each leaf."""
        for part in list(self.parts):
            if part.is_container:
                continue
            for other in readings.other_readings(part, self._work, self._anomalies, self._limits):
                if len(self.parts) >= self._limits.parts:
                    self._anomalies.limit("PARTS", f"more than {self._limits.parts} parts")
                    return
                self.parts.append(other)

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)


def _type_of(media: ParameterList | None, default: str) -> str:
    if media is None or not media.value:
        return default
    # RFC 2045 §5.2: what is no valid type is read as if nothing were said.
    return media.value if "/" in media.value else default


def _boundaries(media: ParameterList) -> list[str]:
    return [b for b in media.candidates("boundary")[:MAX_BOUNDARIES] if b.strip() or media.tricky]


def _octets_of(boundary: str) -> bytes:
    try:
        return boundary.encode("latin-1").rstrip(b" \t")
    except UnicodeEncodeError:
        return boundary.encode("utf-8", "replace").rstrip(b" \t")


def _as_multipart(media: ParameterList) -> ParameterList:
    if media.value.startswith("multipart/"):
        return media
    other = ParameterList(media.raw)
    other.value = "multipart/mixed"
    return other


def _before_line_end(octets: Octets, start: int, end: int) -> int:
    """Return the place before the line end that stands before ``end``."""
    before = octets[max(start, end - 2) : end]
    if before.endswith(b"\r\n"):
        return end - 2
    return end - 1 if before.endswith((b"\n", b"\r")) else end
