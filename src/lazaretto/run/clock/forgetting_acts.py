"""What the audit need not remember any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from lazaretto.run.act_forgetting import ActForgetter
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.steady import SteadyClock


class ForgettingActs:
    """Removes entries of the audit that were kept for as long as platform or contract say."""

    card: ClassVar = JobCard(
        name="forgetting-acts",
        summary="Forgets what people ordered after 12 months, or as many as settings and contract say",
        failure="The audit is kept longer than promised",
        every=timedelta(hours=1),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._forgetter = ActForgetter(
            shop.control,
            shop.tenants,
            shop.settings.spool.keep_audit_months,
            SteadyClock(memory=shop.home.clock_seen),
        )

    async def work(self, now: datetime) -> None:
        """Forget what is old at ``now``, unless the clock has jumped to it."""
        await self._forgetter.work(now)
