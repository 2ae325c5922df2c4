"""A message as others have it, when it holds octets that no honest program puts into mail.

A carriage return that stands alone goes on as a space (see the wire form of delivery), and some
servers and clients drop zero octets: what only then is a field, a delimiter or a file must be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lazaretto.mail.octets import Octets

_PIECE = 1 << 20
_STRAY_RETURN = re.compile(rb"\r[^\n]", re.DOTALL)


def is_untidy(octets: Octets) -> bool:
    """Tell whether there are zeros or stray carriage returns in ``octets``."""
    size = len(octets)
    if octets.find(b"\0", 0, size) >= 0 or octets[max(0, size - 1) :] == b"\r":
        return True
    # One octet more: what follows a carriage return at the end of the piece.
    pieces = (octets[start : start + _PIECE + 1] for start in range(0, size, _PIECE))
    return any(_STRAY_RETURN.search(piece) is not None for piece in pieces)


def tidy_forms(octets: bytes) -> Iterator[bytes]:
    """Yield ``octets`` without stray carriage returns, then without zeros, too; only what is another."""
    sent = octets.replace(b"\r\n", b"\n")
    if b"\r" in sent:
        sent = sent.replace(b"\r", b" ")
        yield sent
    if b"\0" in sent:
        yield sent.replace(b"\0", b"")
