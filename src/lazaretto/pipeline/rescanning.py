"""Looking at messages that were accepted without a look: no worker was free, or time ran out.

They go nowhere before they were looked at.  While one is looked at, its lease is renewed; a process
that dies over it loses the lease, and somebody else begins anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import QueuedCopy
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.looking import accepted
from lazaretto.spool.queue import Queue
from lazaretto.spool.unscanned import UnscannedMessage, UnscannedMessages, discard_content

log = structlog.get_logger(__name__)

AT_ONCE: Final = 4
LOOK_EVERY: Final = 1.0
RENEW_EVERY: Final = 60.0

Offer = Callable[[QueuedCopy, bytes | None], bool]
"""Hand a copy that is ready to the deliver process; best effort."""


class Rescanner:
    """Takes what waits for a look, has it looked at, and moves it on."""

    def __init__(self, unscanned: UnscannedMessages, queue: Queue, asker: Asker, offer: Offer) -> None:
        self._unscanned = unscanned
        self._queue = queue
        self._asker = asker
        self._offer = offer

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not await self.look_once():
                await asyncio.sleep(LOOK_EVERY)

    async def look_once(self) -> int:
        """Look at what is due, at most ``AT_ONCE`` messages; return how many there were."""
        messages = await self._unscanned.claim_unscanned(AT_ONCE)
        await asyncio.gather(*(self._look(message) for message in messages))
        return len(messages)

    async def _look(self, message: UnscannedMessage) -> None:
        renewal = asyncio.create_task(self._keep(message))
        try:
            judgement = accepted(await self._asker.look_patiently(message.submission))
            ready = await self._unscanned.settle_scan(message.lease, message.submission, judgement)
            for copy in ready or ():
                self._offer(copy, message.submission.content.octets)
        except LazarettoError as failure:
            # Its lease ends by itself and it comes again.
            log.warning("could not look", message=str(message.lease.message), problem=str(failure))
        finally:
            renewal.cancel()
            discard_content(message)

    async def _keep(self, message: UnscannedMessage) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            with contextlib.suppress(LazarettoError):
                await self._queue.renew([message.lease])
