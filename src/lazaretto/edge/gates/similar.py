"""Very many similar messages to or from one tenant within an hour: mailings and mail bombs.

Messages are similar when one domain sends them with about the same subject and size.  Counted per
process, in copies; when more kinds of messages go out than are remembered, the oldest are forgotten.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from lazaretto.core.envelope import Direction, Leg
from lazaretto.core.identity import TenantId

_HOUR: Final = 3_600.0
_SMALL: Final = 12
_REMEMBERED: Final = 50_000
_SUBJECT: Final = re.compile(rb"\r\n[Ss][Uu][Bb][Jj][Ee][Cc][Tt][ \t]*:([^\r]{0,200})")
_VARYING: Final = re.compile(rb"[^a-z\x80-\xff]+|\b(?:re|fwd?|aw|tr|wg)\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """What similar messages have in common."""

    tenant: TenantId
    direction: Direction
    domain: str
    subject: bytes
    size: int
    """The power of two that holds it, as lists greet by name and sizes differ; below 4 KiB all are one."""


def kind_of(leg: Leg, domain: str, header: bytes, size: int) -> Kind:
    """Return the kind of a message from ``domain``; ``header`` has a line end in front of its first field."""
    found = _SUBJECT.search(header)
    subject = _VARYING.sub(b" ", found[1].lower()) if found else b""
    return Kind(leg.tenant, leg.direction, domain, b" ".join(subject.split()), max(_SMALL, size.bit_length()))


class SimilarMessages:
    """Copies of each kind within the hour that began with its first one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kinds: OrderedDict[Kind, tuple[float, int]] = OrderedDict()

    def would_exceed(self, kind: Kind, copies: int, now: float) -> bool:
        """Tell whether ``copies`` more are more than the limit."""
        return self._so_far(kind, now)[1] + copies > self._limit

    def count(self, kind: Kind, copies: int, now: float) -> int:
        """Count ``copies`` more; return how many there were within the hour."""
        began, so_far = self._so_far(kind, now)
        self._kinds[kind] = (began, so_far + copies)
        self._kinds.move_to_end(kind)
        if len(self._kinds) > _REMEMBERED:
            self._kinds.popitem(last=False)
        return so_far + copies

    def _so_far(self, kind: Kind, now: float) -> tuple[float, int]:
        began, so_far = self._kinds.get(kind, (now, 0))
        return (began, so_far) if now - began < _HOUR else (now, 0)
