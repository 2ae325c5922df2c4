"""What the edge reads of a message: its header block, for limits and loops only.

Everything else about content is the detectors'.  The block is kept until it is complete, so it is
bounded first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.edge.hop_token import own_hops
from lazaretto.edge.settings import EdgeSettings

_END: Final = b"\r\n\r\n"
_FIELD_START: Final = re.compile(rb"\r\n(?![ \t])")
_RECEIVED: Final = re.compile(rb"\r\n[Rr][Ee][Cc][Ee][Ii][Vv][Ee][Dd][ \t]*:")


_AUTOMATIC: Final = re.compile(
    rb"\r\n(?:list-id[ \t]*:"
    rb"|precedence[ \t]*:[ \t]*(?:bulk|junk|list)"
    rb"|auto-submitted[ \t]*:[ \t]*(?!no\b)\S)",
    re.IGNORECASE,
)


def is_automatic(block: bytes) -> bool:
    """Tell whether a header ``block`` (each field after a CRLF) says that no person wrote to a person."""
    return _AUTOMATIC.search(block) is not None


class HeaderFault(Enum):
    """Why a header block is refused."""

    TOO_LARGE = "header too large"
    NUL = "NUL in header"
    LOOP = "mail loop"


@dataclass(frozen=True, slots=True)
class HeaderLimits:
    """How much header there may be."""

    block: int
    field: int
    fields: int
    hops: int
    own_hops: int

    @classmethod
    def of(cls, settings: EdgeSettings) -> HeaderLimits:
        """Return those of ``settings``."""
        return cls(
            block=settings.max_header_size,
            field=settings.max_field_size,
            fields=settings.max_fields,
            hops=settings.max_hops,
            own_hops=settings.max_own_hops,
        )


class HeaderBlock:
    """Watches content go by until its header block is complete."""

    __slots__ = ("_block", "_hop_key", "_limits", "is_complete", "octets")

    def __init__(self, limits: HeaderLimits, hop_key: bytes) -> None:
        self._limits = limits
        self._hop_key = hop_key
        # The line end in front makes the first field look like all others.
        self._block = bytearray(b"\r\n")
        self.is_complete = False
        self.octets = b""
        """The whole block, an added line end in front, once it is complete."""

    def take(self, octets: bytes) -> HeaderFault | None:
        """Look at more content; return what is wrong as soon as it is known."""
        if self.is_complete:
            return None
        search_from = max(0, len(self._block) - 3)
        room = self._limits.block + len(_END) + 2 - len(self._block)
        self._block += octets[:room] if len(octets) > room else octets
        end = self._block.find(_END, search_from)
        if end >= 0:
            del self._block[end + 2 :]
            return self.end()
        return HeaderFault.TOO_LARGE if len(octets) >= room else None

    def end(self) -> HeaderFault | None:
        """Take the block as complete: its empty line, or the message's end, was seen."""
        if self.is_complete:
            return None
        self.is_complete = True
        self.octets = bytes(self._block)
        self._block.clear()
        return _fault_of(self.octets, self._limits, self._hop_key)


def _fault_of(block: bytes, limits: HeaderLimits, hop_key: bytes) -> HeaderFault | None:
    if b"\0" in block:
        return HeaderFault.NUL
    if len(block) - 2 > limits.block or _has_too_much(block, limits):
        return HeaderFault.TOO_LARGE
    if len(_RECEIVED.findall(block)) > limits.hops or own_hops(block, hop_key) >= limits.own_hops:
        return HeaderFault.LOOP
    return None


def _has_too_much(block: bytes, limits: HeaderLimits) -> bool:
    """Tell whether there are too many fields, or one is too long; stops at the first excess."""
    if len(block) <= limits.field and block.count(b"\r\n") <= limits.fields:
        return False
    start = 0
    for number, found in enumerate(_FIELD_START.finditer(block)):
        if number > limits.fields or found.start() - start > limits.field:
            return True
        start = found.start()
    return len(block) - start > limits.field
