"""Brings outcomes into the delivery journal and then into the database, many at a time.

An outcome is written to the journal the moment that it is added.  Two loops run side by side: the
first syncs whatever was written since its last fdatasync, the second settles whatever was synced since
its last transaction.  Deliveries do not wait for either, until too much is under way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto

from lazaretto.core.errors import RowsRefused, TemporaryFailure
from lazaretto.core.queued import Lease, QueuedCopy, Settlement
from lazaretto.delivery.journal_file import DeliveryJournal
from lazaretto.delivery.outstanding import Outstanding, is_delivery
from lazaretto.delivery.seams import Queue

log = logging.getLogger(__name__)

MAX_BATCH = 500
_BETWEEN_SYNCS = 0.03
"""Seconds between two syncs of the journal: the disk that they keep busy is what clients wait for."""
_GATHER = 0.05
"""Seconds within which outcomes that are safe in the journal join one transaction."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0
_PAUSES_AT_START = (0.1, 0.5, 1.0, 5.0)
_FIRST_REST = 1.0
"""Seconds until an outcome is tried again that the database does not take while it takes others; they
double with each time.  What is just coming back refuses one and takes the next, so the first are few."""
_LONGEST_REST = 60.0
_FAILURES_OF_A_DATABASE = 3
"""After so many single failures without a success it is the database and not the outcomes."""


class _Answer(Enum):
    """What the database said to a batch."""

    TAKEN = auto()
    REFUSED = auto()
    """It does not take this batch as it is."""
    NOT_NOW = auto()
    """It is away, or full, or may only be read: no word about any outcome."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a batch could not be written."""

    waiting: Sequence[Settlement] = ()
    """Not to be blamed: nothing can be written now."""
    refused: Sequence[Settlement] = ()
    """Not taken while others were."""


class Settler:
    """Writes settlements; ``on_settled`` is told of each lease whose settlement is in the database."""

    def __init__(
        self, queue: Queue, journal: DeliveryJournal, max_unsettled: int, on_settled: Callable[[Lease], None]
    ) -> None:
        self._queue = queue
        self._journal = journal
        self._max_unsettled = max_unsettled
        self._on_settled = on_settled
        self._outstanding = Outstanding()
        # A thread of its own: slow content must not keep the journal from the disk.
        self._thread = ThreadPoolExecutor(1, "delivery-journal")
        self._ended: list[Settlement] = []
        self._journalled: list[Settlement] = []
        self._rests: dict[Lease, float] = {}
        """Of outcomes that were refused: how long they rested last."""
        self._backlog = 0
        self._has_ended = asyncio.Event()
        self._has_journalled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def add(self, settlement: Settlement) -> None:
        """Write ``settlement`` into the journal now, where that matters, and into the database soon."""
        if is_delivery(settlement):
            self._outstanding.note(settlement)
            try:
                self._journal.write(settlement)
            except OSError:
                # Settling soon is the next best; until then a crash repeats this delivery.
                log.exception("delivery journal cannot be written")
        self._backlog += 1
        self._is_idle.clear()
        if self._backlog >= self._max_unsettled:
            self._has_room.clear()
        self._ended.append(settlement)
        self._has_ended.set()

    def add_renewed(self, copy: QueuedCopy) -> bool:
        """Settle ``copy`` under its new lease, if it was delivered under another one; tell whether it was."""
        settlement = self._outstanding.renewed(copy)
        if settlement is None:
            return False
        log.warning("delivered under an earlier lease", extra={"lease": str(copy.lease)})
        self.add(settlement)
        return True

    @property
    def is_idle(self) -> bool:
        """Tell whether everything that was added is in the database."""
        return self._is_idle.is_set()

    async def room(self) -> None:
        """Return when more deliveries may end."""
        if not self._has_room.is_set():
            await self._has_room.wait()

    async def idle(self) -> None:
        """Return when everything that was added is in the database."""
        await self._is_idle.wait()

    def close(self) -> None:
        """Let go of the thread."""
        self._thread.shutdown(wait=True)

    async def settle_now(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Write ``settlements`` before anything else; return those that the database does not take."""
        self._backlog += len(settlements)
        left: list[Settlement] = []
        for start in range(0, len(settlements), MAX_BATCH):
            batch = list(settlements[start : start + MAX_BATCH])
            for pause in _PAUSES_AT_START:
                missed = await self._settle(batch)
                if not (batch := [*missed.waiting, *missed.refused]):
                    break
                await asyncio.sleep(pause)
            left.extend(batch)
        self._backlog -= len(left)
        return left

    async def journal_forever(self) -> None:
        """Sync what was written, one fdatasync for all of it; at once after a pause, in turns without."""
        loop = asyncio.get_running_loop()
        not_before = 0.0
        while True:
            await self._has_ended.wait()
            await asyncio.sleep(not_before - loop.time())
            self._has_ended.clear()
            batch, self._ended = self._ended, []
            if any(is_delivery(settlement) for settlement in batch):
                not_before = loop.time() + _BETWEEN_SYNCS
                try:
                    await loop.run_in_executor(self._thread, self._journal.sync)
                except OSError:
                    # Settling at once is the next best; until then a power cut repeats these deliveries.
                    log.exception("delivery journal cannot be synced")
            self._journalled.extend(batch)
            self._has_journalled.set()

    async def settle_forever(self) -> None:
        """Settle what is journalled, one transaction for all of it."""
        pause, most = _FIRST_PAUSE, MAX_BATCH
        while True:
            await self._has_journalled.wait()
            # Nobody waits for this any more, and a transaction costs the same for one as for twenty.
            await asyncio.sleep(_GATHER)
            batch, self._journalled = self._journalled[:most], self._journalled[most:]
            left = await self._settle(batch)
            for settlement in left.refused:
                self._let_rest(settlement)
            if left.waiting:
                # Behind the others and fewer at a time: should one of them be what fells the
                # database, it ends up alone and the others get past it.
                self._journalled.extend(left.waiting)
                await asyncio.sleep(pause)
                pause, most = min(_LONGEST_PAUSE, pause * 2), max(1, len(batch) // 2)
            else:
                pause, most = _FIRST_PAUSE, min(MAX_BATCH, most * 2)
            if not self._journalled:
                self._has_journalled.clear()

    async def _settle(self, batch: Sequence[Settlement]) -> _Left:
        """Write ``batch``; return what could not be written, and whether that is its own doing."""
        match await self._write(batch):
            case _Answer.TAKEN:
                return _Left()
            case _Answer.NOT_NOW:
                return _Left(waiting=batch)
            case _Answer.REFUSED:
                return await self._settle_singly(batch)

    async def _settle_singly(self, batch: Sequence[Settlement]) -> _Left:
        """Find what of ``batch`` the database does not take; it must not stop the others."""
        refused: list[Settlement] = []
        for number, settlement in enumerate(batch, start=1):
            answer = await self._write((settlement,))
            if answer is _Answer.NOT_NOW:
                return _Left(waiting=batch[number - 1 :], refused=refused)
            if answer is _Answer.REFUSED:
                refused.append(settlement)
            if len(refused) == number == _FAILURES_OF_A_DATABASE:
                # It takes nothing from anybody: its tables are not ours, most likely.
                return _Left(waiting=batch)
        return _Left(refused=refused)

    def _let_rest(self, settlement: Settlement) -> None:
        rest = min(_LONGEST_REST, self._rests.get(settlement.lease, _FIRST_REST / 2) * 2)
        self._rests[settlement.lease] = rest
        asyncio.get_running_loop().call_later(rest, self._settle_again, settlement)

    def _settle_again(self, settlement: Settlement) -> None:
        self._journalled.append(settlement)
        self._has_journalled.set()

    async def _write(self, batch: Sequence[Settlement]) -> _Answer:
        try:
            lost = set(await self._queue.settle(batch))
        except Exception as failure:
            # A worker loop: whatever the database's trouble is, or ours, the outcomes are not forgotten.
            details = {"settlements": len(batch), "problem": str(failure)}
            if isinstance(failure, TemporaryFailure) and not isinstance(failure, RowsRefused):
                log.warning("outcomes wait for the database", extra=details)
                return _Answer.NOT_NOW
            log.exception("outcomes cannot be written", extra=details)
            return _Answer.REFUSED
        if lost:
            log.warning("outcomes of leases that were lost", extra={"leases": [str(each) for each in lost]})
        for settlement in batch:
            forget = self._outstanding.lost if settlement.lease in lost else self._outstanding.written
            forget(settlement)
        leases = [settlement.lease for settlement in batch]
        try:
            self._journal.settled(leases)
        except OSError:
            log.exception("delivery journal cannot be written")
        for lease in leases:
            self._rests.pop(lease, None)
            self._on_settled(lease)
        self._count(len(batch))
        return _Answer.TAKEN

    def _count(self, settled: int) -> None:
        self._backlog -= settled
        if self._backlog < self._max_unsettled:
            self._has_room.set()
        if self._backlog == 0:
            self._is_idle.set()
