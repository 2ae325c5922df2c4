"""What delivery needs from the spool, as protocols; ``run`` binds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from lazaretto.core.queued import ContentRef, Lease, QueuedCopy, QueueKind, Settlement
from lazaretto.mail.octets import Octets

Clock = Callable[[], datetime]
"""Tell the time, aware and in UTC."""


def utc_now() -> datetime:
    """Return the time of the system's clock."""
    return datetime.now(UTC)


class Queue(Protocol):
    """The rows of copies that wait."""

    async def claim(self, kinds: Sequence[QueueKind], limit: int) -> Sequence[QueuedCopy]:
        """Lease at most ``limit`` copies that are due, each under a new attempt number."""

    async def claim_own(
        self, kinds: Sequence[QueueKind], limit: int, besides: Sequence[Lease]
    ) -> Sequence[QueuedCopy]:
        """Lease again what is leased to this node, each under a new attempt number.

        The rows of ``besides``, which are in hand, keep their leases.
        """

    async def settle(self, settlements: Sequence[Settlement]) -> Sequence[Lease]:
        """Write all outcomes in one transaction; return the leases that were lost.

        A settlement whose lease is not in force any more changes nothing; so one that is written twice
        does no more than once.
        """

    async def renew(self, leases: Sequence[Lease]) -> Sequence[Lease]:
        """Let leases last for another full time; return those that were lost."""


class Contents(Protocol):
    """The octets of stored messages."""

    async def open(self, ref: ContentRef) -> Octets:
        """Return the content of ``ref``; raise ``ContentDamaged`` or ``TemporaryFailure``."""

    async def set_aside(self, ref: ContentRef) -> bool:
        """Set content aside that is damaged; False where it reads well after all."""
