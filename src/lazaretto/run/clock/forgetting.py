"""What the trace need not remember any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

import structlog

from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.journal.dmarc_counts import DmarcCounts
from lazaretto.journal.retention import forget_old
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.steady import SteadyClock

log = structlog.get_logger(__name__)

KEEP_DMARC_COUNTS: Final = timedelta(days=30)


class Forgetting:
    """Drops old days of the trace, old figures and indicators that ended."""

    card: ClassVar = JobCard(
        name="forgetting",
        summary="Forgets traces after 30 days, figures after 12 months and indicators that ended",
        failure="Traces and figures are kept longer than promised",
        every=timedelta(hours=1),
    )

    def __init__(self, shop: Workshop) -> None:
        self._spool = shop.settings.spool
        self._trace = shop.trace
        self._indicators = IndicatorStore(shop.control)
        self._leanings = LeaningStore(shop.control)
        self._counts = DmarcCounts(shop.trace)
        self._clock = SteadyClock(memory=shop.home.clock_seen)

    async def work(self, now: datetime) -> None:
        """Forget what is old at ``now``, unless the clock has jumped to it."""
        if not self._clock.believes(now):
            log.error("the clock jumped; nothing is forgotten until it has been steady for a day")
            return
        await forget_old(
            self._trace, now, keep_trace=self._spool.keep_trace, keep_figures=self._spool.keep_figures
        )
        await self._indicators.forget_old(now)
        await self._leanings.forget_old(now)
        await self._counts.forget((now - KEEP_DMARC_COUNTS).date())
