"""What is odd about the line ends of some octets, found in one pass.

Every octet of every message passes here on its way in and on its way out, so this is one scan by a
pattern engine where there is one; counting says the same in several passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

try:
    import hyperscan
except ImportError:  # no wheel for this machine
    hyperscan = None  # type: ignore[assignment]

_STRAY: Final = (rb"[^\r]\n", rb"\r[^\n]")
_DOT: Final = rb"\n\."

Oddities = tuple[bool, int]
"""Whether a CR or LF stands alone, and where the first dot behind an LF is; -1 where there is none."""


def counted(octets: bytes) -> Oddities:
    """Return the oddities of ``octets``; a CR at their very end is not judged, as its LF may follow."""
    ends = octets.count(b"\r\n")
    returns = octets.count(b"\r") - octets.endswith(b"\r")
    is_stray = not octets.count(b"\n") == ends == returns
    dot = octets.find(b"\n.")
    return is_stray, dot + 1 if dot >= 0 else -1


def _scanning() -> Callable[[bytes], Oddities]:
    """Return a function that says what ``counted`` says."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    database.compile(expressions=[*_STRAY, _DOT], ids=[0, 1, 2], flags=[flags] * 3)
    scan = database.scan

    def scanned(octets: bytes) -> Oddities:
        found: dict[int, int] = {}

        def note(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.setdefault(which, end)

        scan(octets, match_event_handler=note)
        is_stray = 0 in found or 1 in found or octets.startswith(b"\n")
        return is_stray, found.get(2, 0) - 1

    return scanned


oddities: Final = counted if hyperscan is None else _scanning()
"""Return the oddities of some octets, as ``counted`` does."""
