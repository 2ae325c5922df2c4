"""Very many similar messages to or from one tenant within an hour: mailings and mail bombs.

Messages are similar when one domain sends them with about the same subject and size.  Counted in
copies.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lazaretto.core.envelope import Direction, Leg
from lazaretto.core.identity import TenantId
from lazaretto.edge.gates.tally import Key, Tally

REMEMBERED: Final = 50_000
SUBJECTS: Final = ("like ",)
_SMALL: Final = 12
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

    @property
    def key(self) -> Key:
        """Under which they are counted; nobody can read a subject from it."""
        parts = (self.direction.value.encode(), self.domain.encode(), self.subject, b"%d" % self.size)
        digest = hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
        return (self.tenant, f"like {digest}")


def kind_of(leg: Leg, domain: str, header: bytes, size: int) -> Kind:
    """Return the kind of a message from ``domain``; ``header`` has a line end in front of its first field."""
    found = _SUBJECT.search(header)
    subject = _VARYING.sub(b" ", found[1].lower()) if found else b""
    return Kind(leg.tenant, leg.direction, domain, b" ".join(subject.split()), max(_SMALL, size.bit_length()))


def tally_of(limit: int) -> Tally:
    """Return where kinds are counted; those far from ``limit`` are nobody else's business."""
    return Tally(SUBJECTS, REMEMBERED, share_from=max(1, limit // 20))


class SimilarMessages:
    """Copies of each kind within an hour."""

    def __init__(self, tally: Tally, limit: int) -> None:
        self._tally = tally
        self.limit = limit

    def with_more(self, kind: Kind, copies: int, at: datetime) -> int:
        """Return how many there are with ``copies`` more."""
        return self._tally.in_hour(kind.key, at) + copies

    def count(self, kind: Kind, copies: int, at: datetime, *, back: bool = False) -> None:
        """Count ``copies`` more, or take them ``back`` where nothing came of them."""
        self._tally.add(kind.key, -copies if back else copies, at)
