"""Where copies come from when nobody hands them over: what is due, and what this node had leased before.

The spool is asked for what is due again and again.  What is leased to this node and not in hand is looked
for at the start, and whenever copies may have been committed or claimed without our hearing of it.  What
is in hand has its lease renewed for as long as it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from lazaretto.core.queued import QueuedCopy, QueueKind
from lazaretto.delivery.holding import Holding
from lazaretto.delivery.seams import Queue
from lazaretto.delivery.settings import DeliverySettings

log = logging.getLogger(__name__)

_KINDS: Final = (QueueKind.DELIVER, QueueKind.DELAY_NOTICE, QueueKind.BOUNCE)
_MOST_TAKEN_BACK: Final = 2_000
"""Copies that are taken back at a time: the first of a long queue need not wait until its last is read."""

Take = Callable[[QueuedCopy, bytes | None], None]
"""Take a copy in hand, with its content where that came along."""


class Claiming:
    """Claims for ``take``, as long as ``holding`` has room; keeps the leases of all that it holds."""

    def __init__(self, queue: Queue, holding: Holding, settings: DeliverySettings, take: Take) -> None:
        self._queue = queue
        self._holding = holding
        self._settings = settings
        self._take = take
        self._must_look_again = False
        self._postponed: list[tuple[QueuedCopy, bytes | None]] | None = None

    def look_again(self) -> None:
        """Look for copies that are leased to this node and are not in hand."""
        self._must_look_again = True

    def postpones(self, copy: QueuedCopy, octets: bytes | None) -> bool:
        """Keep an offered copy for a moment where own leases are being taken back; tell whether it is kept.

        Which of two leases is the newer one is known only afterwards.
        """
        if self._postponed is None:
            return False
        self._postponed.append((copy, octets))
        return True

    @property
    def room(self) -> int:
        """How many copies more may be in hand."""
        return self._settings.max_held_copies - len(self._holding)

    async def take_back_own(self) -> None:
        """Lease anew what is leased to this node and not in hand."""
        self._must_look_again = False
        self._postponed = []
        try:
            in_hand = self._holding.leases
            wanted = min(self.room, _MOST_TAKEN_BACK)
            copies = await self._queue.claim_own(_KINDS, wanted, in_hand)
            for copy in copies:
                self._take(copy, None)
            if len(copies) == wanted:
                self._must_look_again = True
        except Exception:
            # They may be leased anew all the same, where only the answer was lost.
            self._must_look_again = True
            raise
        finally:
            postponed, self._postponed = self._postponed, None
            for copy, octets in postponed:
                self._take(copy, octets)

    async def claim_forever(self) -> None:
        """Take what is ours and what is due in hand, until cancelled."""
        pause = self._settings.claim_interval.total_seconds()
        while True:
            if not await self._claim():
                await asyncio.sleep(pause)

    async def renew_forever(self) -> None:
        """Renew the leases of what is in hand before they end, until cancelled."""
        half = self._settings.lease_time.total_seconds() / 2
        while True:
            await asyncio.sleep(half / 4)
            now = asyncio.get_running_loop().time()
            due = self._holding.leased_before(now - half)
            try:
                lost = await self._queue.renew([held.copy.lease for held in due]) if due else ()
            except Exception:
                # A worker loop: a lease that could not be renewed is at worst delivered by another node.
                log.exception("leases cannot be renewed")
                continue
            for held in due:
                held.leased_at = now
            for lease in lost:
                self._holding.lost(lease)

    async def _claim(self) -> bool:
        """Take what is ours and what is due in hand; tell whether there is more of it and room for that."""
        try:
            if self._must_look_again and self._has_room_for_own:
                await self.take_back_own()
            wanted = max(0, min(self._settings.claim_limit, self.room))
            claimed = await self._queue.claim(_KINDS, wanted) if wanted else ()
        except Exception:
            # A worker loop: the database comes back, and then so must we.
            log.exception("copies cannot be claimed")
            # What was claimed, if only the answer was lost, would rest until its lease ends.
            self._must_look_again = True
            return False
        for copy in claimed:
            self._take(copy, None)
        return 0 < wanted == len(claimed) or (self._must_look_again and self._has_room_for_own)

    @property
    def _has_room_for_own(self) -> bool:
        # A look goes through the whole queue, be it for one place that became free or for very many.
        return self.room >= min(_MOST_TAKEN_BACK, max(1, self._settings.max_held_copies // 10))
