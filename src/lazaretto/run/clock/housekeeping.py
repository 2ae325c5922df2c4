"""Settled messages, expired copies and old partitions of the spool."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.spool.housekeeping import Housekeeping


class KeepingHouse:
    """Keeps the spool small."""

    card: ClassVar = JobCard(
        name="housekeeping",
        summary="Ends what is over in the spool: settled messages, copies whose time in quarantine is up",
        failure="The spool grows, and what should have left the quarantine stays longer",
    )

    def __init__(self, shop: Workshop) -> None:
        self._keeping = Housekeeping(shop.room.pool, shop.room.contents, shop.settings.spool)

    async def run(self) -> None:
        """Keep house every minute until cancelled."""
        await self._keeping.run()
