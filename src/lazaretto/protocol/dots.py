"""The framing of DATA: where a message ends, and which of its dots are its own (RFC 5321 §4.5.2).

Only CR LF ``.`` CR LF ends a message.  What other servers took for an end (LF ``.`` LF, CR LF ``.``
LF, …) is content here, and so that nobody behind us can take it for one, content leaves this module
with no stray CR or LF: every line end is CR LF.

A stray LF is a line end that lost its CR.  A stray CR is a line end in the body; in the header it
becomes a space, because a header line that appears out of another line's middle is an injection.

Works on whole chunks: a message without anything unusual costs one scan.
"""

from __future__ import annotations

import re
from typing import Final

from lazaretto.protocol.line_ends import oddities

_END: Final = b"\r\n.\r\n"
_STUFFED: Final = b"\r\n."
_POSSIBLE_STARTS: Final = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")
_STRAY_LF: Final = re.compile(rb"(?<!\r)\n")
_STRAY_CR: Final = re.compile(rb"\r(?!\n)")
_HEADER_END: Final = b"\r\n\r\n"


class DotReader:
    """Takes what follows a 354, gives the message's octets, stops at its end.

    However the octets are cut into chunks, what comes out is the same.
    """

    __slots__ = ("_held", "_in_header", "_last", "_started", "ended", "rest", "saw_stray")

    def __init__(self) -> None:
        self.ended = False
        """The end was read; feed no more."""
        self.rest = b""
        """What came behind the end: commands that the client sent ahead."""
        self.saw_stray = False
        """There was a CR without LF or a LF without CR."""
        # DATA's own line end counts as the one before the first line: an empty message is ".CRLF".
        self._held = b"\r\n"
        self._started = False
        self._in_header = True
        self._last = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return the content that ``chunk`` completes; possibly nothing."""
        octets = self._held + chunk
        has_strays, dot = oddities(octets)
        if dot >= 0:
            octets = self._without_end(octets, max(dot - 2, 0))
        if not self.ended:
            octets = self._hold_back(octets)
        elif has_strays:
            # Those behind the end are not this message's.
            has_strays, _ = oddities(octets)
        if 0 <= dot < len(octets):
            octets = octets.replace(_STUFFED, b"\r\n")
        if not octets:
            return octets
        if not self._started:
            self._started = True
            return self._normalised(octets, has_strays=has_strays)[2:]
        return self._normalised(octets, has_strays=has_strays)

    def _without_end(self, octets: bytes, search_from: int) -> bytes:
        end = octets.find(_END, search_from)
        if end < 0:
            return octets
        self.ended = True
        self.rest = octets[end + len(_END) :]
        return octets[: end + 2]

    def _hold_back(self, octets: bytes) -> bytes:
        """Keep back what may be the beginning of the end; the rest is certain."""
        for start in _POSSIBLE_STARTS:
            if octets.endswith(start):
                self._held = start
                return octets[: -len(start)]
        self._held = b""
        return octets

    def _normalised(self, octets: bytes, *, has_strays: bool) -> bytes:
        # Nothing certain ends in CR (it would be held back), so a chunk can be judged alone.
        if has_strays:
            self.saw_stray = True
            octets = _STRAY_LF.sub(b"\r\n", octets)
        if self._in_header:
            return self._header_part_normalised(octets, has_strays)
        return _STRAY_CR.sub(b"\r\n", octets) if has_strays else octets

    def _header_part_normalised(self, octets: bytes, strays: bool) -> bytes:
        seam = len(self._last)
        end = (self._last + octets).find(_HEADER_END)
        self._last = (self._last + octets)[-3:]
        if end < 0:
            return _STRAY_CR.sub(b" ", octets) if strays else octets
        self._in_header = False
        if not strays:
            return octets
        cut = end + len(_HEADER_END) - seam
        return _STRAY_CR.sub(b" ", octets[:cut]) + _STRAY_CR.sub(b"\r\n", octets[cut:])
