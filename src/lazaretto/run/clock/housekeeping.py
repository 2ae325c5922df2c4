"""Settled messages, expired copies and old partitions of the spool."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.steady import SteadyClock
from lazaretto.spool.housekeeping import EVERY, Housekeeping

log = structlog.get_logger(__name__)


class KeepingHouse:
    """Keeps the spool small."""

    card: ClassVar = JobCard(
        name="housekeeping",
        summary="Ends what is over in the spool: settled messages, copies whose time in quarantine is up",
        failure="The spool grows, and what should have left the quarantine stays longer",
        every=timedelta(seconds=EVERY),
    )

    def __init__(self, shop: Workshop) -> None:
        self._keeping = Housekeeping(shop.room.pool, shop.room.contents, shop.settings.spool)
        self._clock = SteadyClock(memory=shop.home.clock_seen)

    async def work(self, now: datetime) -> None:
        """Keep house at ``now``, unless the clock has jumped to it: expired copies are gone for good."""
        if not self._clock.believes(now):
            log.error("the clock jumped; nothing expires until it has been steady for a day")
            return
        await self._keeping.keep(now)
