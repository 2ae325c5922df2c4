"""Looking at messages that were accepted without a look: no worker was free, or time ran out.

They go nowhere before they were looked at.  While one is looked at, its lease is renewed.  A process
that dies over it leaves the lease to the next one of its node; where there is none, it ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import ContentDamaged, LazarettoError
from lazaretto.core.queued import QueuedCopy
from lazaretto.core.submission import Submission
from lazaretto.pipeline.asking import Asker
from lazaretto.policy.late import accepted
from lazaretto.spool.queue import Queue
from lazaretto.spool.unscanned import UnscannedMessage, UnscannedMessages, discard_content

log = structlog.get_logger(__name__)

AT_ONCE: Final = 4
LOOK_EVERY: Final = 1.0
RENEW_EVERY: Final = 60.0
AGAIN_AFTER: Final = timedelta(minutes=1)
"""Until a message comes again that could not be looked at: no station, or its content out of reach."""

Offer = Callable[[QueuedCopy, bytes | None], bool]
"""Hand a copy that is ready to the deliver process; best effort."""

Tell = Callable[[Submission, Judgement], None]
"""Send the notices of a judgement; best effort."""


class Rescanner:
    """Takes what waits for a look, has it looked at, and moves it on."""

    def __init__(
        self,
        unscanned: UnscannedMessages,
        queue: Queue,
        asker: Asker,
        offer: Offer,
        tell: Tell | None = None,
    ) -> None:
        """``tell`` sends the notices that a judgement orders."""
        self._tell = tell
        self._unscanned = unscanned
        self._queue = queue
        self._asker = asker
        self._offer = offer
        self._may_hold = True
        """Some message may be leased to this node that nobody here works on: an earlier process died
        over it, or the answer to a claim, or to giving it back, was lost."""

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not await self.look_once():
                await asyncio.sleep(LOOK_EVERY)

    async def look_once(self) -> int:
        """Look at what is due, at most ``AT_ONCE`` messages; return how many there were."""
        takes_own, self._may_hold = self._may_hold, True
        claim = self._unscanned.claim_own if takes_own else self._unscanned.claim_unscanned
        messages = await claim(AT_ONCE)
        are_settled = await asyncio.gather(*(self._look(message) for message in messages))
        left = [
            message.lease for message, is_settled in zip(messages, are_settled, strict=True) if not is_settled
        ]
        if left:
            await self._queue.give_back(left, AGAIN_AFTER)
        self._may_hold = takes_own and bool(messages)
        return len(messages)

    async def _look(self, message: UnscannedMessage) -> bool:
        """Have ``message`` judged and moved on; False when it must come again."""
        renewal = asyncio.create_task(self._keep(message))
        try:
            judgement = accepted(await self._judge(message))
            ready = await self._unscanned.settle_scan(message.lease, message.submission, judgement)
            if ready is not None and judgement.notices and self._tell is not None:
                self._tell(message.submission, judgement)
            for copy in ready or ():
                self._offer(copy, message.submission.content.octets if message.unread is None else None)
        except LazarettoError as failure:
            log.warning("could not look", message=str(message.lease.message), problem=str(failure))
            return False
        finally:
            renewal.cancel()
            discard_content(message)
        return True

    async def _judge(self, message: UnscannedMessage) -> Judgement:
        if message.unread is None:
            return await self._asker.look_patiently(message.submission)
        if isinstance(message.unread, ContentDamaged):
            # Looking later would find no more; whoever answers for the mail must hear of it.
            why = f"its stored content is damaged: {message.unread}"
            return await self._asker.without_look(message.submission, why)
        raise message.unread

    async def _keep(self, message: UnscannedMessage) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            with contextlib.suppress(LazarettoError):
                await self._queue.renew([message.lease])
