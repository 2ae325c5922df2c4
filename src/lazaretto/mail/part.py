"""One part of a message: where it lies, what it says it is, and what it is.

Everything that costs time is done when it is first asked for and kept if it is small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from lazaretto.mail import charsets, transfer
from lazaretto.mail.content_fields import dispositions_of, types_of
from lazaretto.mail.file_names import candidate_names, makeshift_names
from lazaretto.mail.filetype import FileType, file_type
from lazaretto.mail.header import Header
from lazaretto.mail.limits import Limits
from lazaretto.mail.octets import Octets
from lazaretto.mail.parameters import ParameterList
from lazaretto.mail.transfer import Decoded, Encoding

_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)

KEPT = 4 << 20
"""Decoded octets of one part that are kept for the next one who asks."""
SNIFFED = 64 << 10
"""Octets that tell the type of a file."""


class Reading(Enum):
    """Whose understanding of the message a part belongs to."""

    PRIMARY = "primary"
    """What the standards and nearly all clients see."""
    ALTERNATIVE = "alternative"
    """What some client may see instead; scanned, never shown."""


class Part:
    """A node of the tree of parts, container or leaf."""

    def __init__(
        self,
        *,
        source: Octets,
        header: Header,
        offset: int,
        end: int,
        path: str,
        depth: int,
        media: ParameterList | None,
        content_type: str,
        encoding: Encoding,
        limits: Limits,
        reading: Reading = Reading.PRIMARY,
        embedded: bool = False,
        given_name: str = "",
    ) -> None:
        self.source = source
        """What the places count in: the message, or a decoded message inside it."""
        self.header = header
        self.offset = offset
        """Where the body begins."""
        self.length = end - offset
        """Octets of the body, without the line end that belongs to the boundary."""
        self.path = path
        """``1`` is the message; ``1.2`` its second part."""
        self.depth = depth
        self.media = media
        """Content-Type with its parameters; None when there is none."""
        self.content_type = content_type
        """``type/subtype`` in lower case; ``text/plain`` where nothing is said."""
        self.encoding = encoding
        self.reading = reading
        self.embedded = embedded
        """It lies in a decoded message, so its places are not places of the message."""
        self.is_container = False
        """It consists of other parts."""
        self._limits = limits
        self._given_name = given_name
        self._kept: Decoded | None = None

    def __repr__(self) -> str:
        return f"Part({self.path}, {self.content_type}, {self.offset}+{self.length}, {self.reading.value})"

    @property
    def end(self) -> int:
        """The place after the body."""
        return self.offset + self.length

    @property
    def is_alternative(self) -> bool:
        """Tell whether only some clients see this part."""
        return self.reading is Reading.ALTERNATIVE

    @property
    def main_type(self) -> str:
        """``text``, ``image``, ``multipart`` …"""
        return self.content_type.partition("/")[0]

    @property
    def charset(self) -> str:
        """The charset label in lower case; empty when there is none."""
        return self.media.first("charset").strip().lower() if self.media is not None else ""

    def _label(self, octets: bytes) -> str:
        """Return the charset to read ``octets`` by: HTML may name its own where the header is silent."""
        if self.charset or self.content_type != "text/html":
            return self.charset
        match = _META_CHARSET.search(octets, 0, 2_048)
        return match[1].decode("ascii") if match is not None else ""

    def _labels(self, octets: bytes) -> tuple[str, ...]:
        """Return every charset that some client reads ``octets`` by, each once."""
        said = [value for media in self._types for value in media.candidates("charset")]
        if self.content_type == "text/html" and (meta := _META_CHARSET.search(octets, 0, 2_048)):
            said.append(meta[1].decode("ascii"))
        return tuple(dict.fromkeys(label.strip().lower() for label in said))

    @property
    def transfer_encoding(self) -> str:
        """How the body is read: ``identity``, ``base64``, ``quoted-printable`` …"""
        return self.encoding.value

    @cached_property
    def dispositions(self) -> tuple[ParameterList, ...]:
        """Every Content-Disposition."""
        if "content-disposition" not in self.header and not self.header.is_odd:
            return ()
        return dispositions_of(self.header, self._limits)

    @property
    def disposition(self) -> str:
        """``attachment``, ``inline`` or what else is said; empty when nothing is."""
        return self.dispositions[0].value if self.dispositions else ""

    @cached_property
    def content_id(self) -> str:
        """Content-ID without its brackets."""
        return self.header.decoded("content-id").strip("<> \t")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every file name that some client may show, the likeliest first; each once."""
        lists = (*self.dispositions, *self._types)
        return candidate_names(lists, self._given_name, self._limits)

    @property
    def _types(self) -> tuple[ParameterList, ...]:
        """Every Content-Type, the one that counts first."""
        own = (self.media,) if self.media is not None else ()
        if self._given_name or (len(self.header.all("content-type")) < 2 and not self.header.is_odd):
            return own
        return (*own, *(each for each in types_of(self.header, self._limits) if each is not self.media))

    @cached_property
    def makeshift_names(self) -> tuple[str, ...]:
        """The names that clients make up for a file that has none, or none that says its type."""
        if self.is_text and not self.is_attachment:
            return ()
        return makeshift_names(self.names, self.header, self.content_type)

    @cached_property
    def is_attachment(self) -> bool:
        """Tell whether it is meant as a file."""
        if self.disposition == "attachment" or self.names:
            return not self.is_container or self.main_type == "message"
        if self.is_container or self.main_type in ("text", "multipart"):
            return False
        return not (self.main_type == "image" and self.content_id)

    def decoded(self, limit: int | None = None) -> bytes:
        """Return at most ``limit`` octets of the body with its encoding undone."""
        return self.decoded_part(limit).octets

    def decoded_part(self, limit: int | None = None) -> Decoded:
        """Return the same, and whether there was more."""
        wanted = self._limits.decoded if limit is None else limit
        kept = self._kept
        if kept is not None and (not kept.cut or len(kept.octets) >= wanted):
            return Decoded(kept.octets[:wanted], True) if len(kept.octets) > wanted else kept
        found = transfer.decode(self.encoding, self.source, self.offset, self.end, wanted)
        if len(found.octets) <= KEPT:
            self._kept = found
        return found

    def stream(self) -> Iterator[bytes]:
        """Yield the whole decoded body in pieces; nothing is kept."""
        return transfer.stream(self.encoding, self.source, self.offset, self.end)

    @property
    def is_text(self) -> bool:
        """Tell whether it is text for people: plain or HTML, not a file."""
        return self.content_type in ("text/plain", "text/html") and not self.is_container

    def text(self, limit: int | None = None) -> str:
        """Return the body as text, of at most ``limit`` decoded octets."""
        octets = self.decoded(self._limits.part_text if limit is None else limit)
        return charsets.decode(octets, self._label(octets))

    def other_texts(self, limit: int | None = None) -> tuple[str, ...]:
        """Return what else the text may say to a client that believes the octets and not the label."""
        octets = self.decoded(self._limits.part_text if limit is None else limit)
        return charsets.other_readings(octets, self.charset)

    def spelled_otherwise(self, limit: int) -> tuple[str, ...]:
        """Return what a text says whose octets spell letters otherwise than ASCII does."""
        if not self.content_type.startswith("text/"):
            return ()
        octets = self.decoded(limit)
        hiding = [label for label in self._labels(octets) if charsets.hides_letters(label)]
        own = tuple(charsets.decode(octets, label) for label in hiding)
        return own + charsets.other_readings(octets, self._label(octets))

    @cached_property
    def real_type(self) -> FileType:
        """What the body is by its first octets."""
        return file_type(self.decoded(SNIFFED))
