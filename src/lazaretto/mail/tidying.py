"""A message as others have it, when it holds octets that no honest program puts into mail.

A carriage return that stands alone goes on as a space (see the wire form of delivery), and some
servers and clients drop zero octets: what only then is a field, a delimiter or a file must be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lazaretto.mail.octets import Octets

MAX_TIDIED = 64 << 20
"""Octets of a message that is tidied; it is held in memory."""
_PIECE = 1 << 20
_STRAY_RETURN = re.compile(rb"\r[^\n]", re.DOTALL)


def tidy_forms(octets: Octets) -> Iterator[bytes]:
    """Yield ``octets`` without stray carriage returns, then without zeros, too; nothing if there are none."""
    has_zeros = octets.find(b"\0", 0, len(octets)) >= 0
    if not has_zeros and not _has_stray_returns(octets):
        return
    sent = octets[:MAX_TIDIED].replace(b"\r\n", b"\n")
    if b"\r" in sent:
        sent = sent.replace(b"\r", b" ")
        yield sent
    if has_zeros:
        yield sent.replace(b"\0", b"")


def _has_stray_returns(octets: Octets) -> bool:
    for start in range(0, len(octets), _PIECE):
        # One octet more: the line feed of a carriage return at the end.
        if _STRAY_RETURN.search(octets[start : start + _PIECE + 1]) is not None:
            return True
    return octets[max(0, len(octets) - 1) :] == b"\r"
