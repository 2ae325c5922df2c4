"""The copies that the deliver process has in hand, each row once.

The same row can come twice: handed over by the edge and claimed from the database.  The newest lease
counts; what was settled lately is remembered for a while, because a handover may arrive late.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import Lease, QueuedCopy

MOST_REMEMBERED: Final = 50_000
"""Settled rows, which take 12 MB: a process grows by as much until it has settled so many."""
_MARK = Struct("<q16sq")
Row = tuple[TenantId, MessageId, int]


@dataclass(slots=True, eq=False)
class Held:
    """One copy in hand."""

    copy: QueuedCopy
    octets: bytes | None
    """Its content, where it came along."""
    leased_at: float
    """Monotonic seconds at which its lease was last known to begin."""
    unread_times: int = 0
    """How often its content could not be read."""
    is_lost: bool = False
    """Somebody else has the lease: an attempt that has not begun must not begin."""


class Holding:
    """All copies in hand, and the rows that were let go lately."""

    def __init__(self, max_octets: int) -> None:
        self._max_octets = max_octets
        self._octets = 0
        self._held: dict[Row, Held] = {}
        # By mark, as rows would take twice the memory, and the collector would look at each of them.
        self._settled: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(list(self._held.values()))

    @property
    def leases(self) -> tuple[Lease, ...]:
        """The leases of all copies in hand."""
        return tuple(held.copy.lease for held in self._held.values())

    def take(self, copy: QueuedCopy, octets: bytes | None, now: float) -> Held | None:
        """Take ``copy`` in hand; None where its row is in hand or was settled under this lease.

        Content that would be too much is not kept: it can be read again.
        """
        row = row_of(copy.lease)
        held = self._held.get(row)
        if held is not None:
            if copy.lease.attempt > held.copy.lease.attempt:
                # Its lease ended while it was in hand, and we were given a new one.
                held.copy = replace(held.copy, lease=copy.lease)
                held.leased_at = now
            return None
        if self._settled.get(_mark(row), -1) >= copy.lease.attempt:
            return None
        if octets is not None and self._octets + len(octets) > self._max_octets:
            octets = None
        held = Held(copy, octets, now)
        self._held[row] = held
        self._octets += len(octets) if octets is not None else 0
        return held

    def finish(self, held: Held) -> None:
        """Let go of the content: the work is done and only its settlement is due."""
        if held.octets is not None:
            self._octets -= len(held.octets)
            held.octets = None

    def settled(self, lease: Lease) -> None:
        """Let go of a row whose settlement is written."""
        row = row_of(lease)
        held = self._held.pop(row, None)
        if held is not None:
            self.finish(held)
        mark = _mark(row)
        self._settled[mark] = lease.attempt
        self._settled.move_to_end(mark)
        if len(self._settled) > MOST_REMEMBERED:
            self._settled.popitem(last=False)

    def lost(self, lease: Lease) -> None:
        """Let go of a copy that was leased to somebody else."""
        held = self._held.get(row_of(lease))
        if held is not None and held.copy.lease == lease:
            held.is_lost = True
            self.finish(held)
            del self._held[row_of(lease)]

    def leased_before(self, moment: float) -> list[Held]:
        """Return the copies whose lease began before ``moment``."""
        return [held for held in self._held.values() if held.leased_at < moment]


def row_of(lease: Lease) -> Row:
    """Return the row that is leased."""
    return (lease.tenant, lease.message, lease.row)


def _mark(row: Row) -> bytes:
    tenant, message, number = row
    return _MARK.pack(tenant, message.bytes, number)
