"""Content that no row speaks of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.spool.named_references import MessageReferences
from lazaretto.spool.sweeping import Sweeper

log = structlog.get_logger(__name__)


class Sweeping:
    """Removes what a crash left behind."""

    card: ClassVar = JobCard(
        name="sweeping",
        summary="Removes content and temporary files that a crash left behind",
        failure="Disk space is not given back",
        every=timedelta(hours=1),
    )

    def __init__(self, shop: Workshop) -> None:
        references = MessageReferences(shop.room.pool)
        self._sweeper = Sweeper(shop.home.temporary, shop.room.places, references, shop.settings.content)

    async def work(self, now: datetime) -> None:
        """Sweep once."""
        swept = await self._sweeper.sweep(now)
        if swept.orphans or swept.temporary_files or swept.temporary_folders:
            log.info("swept", orphans=swept.orphans, files=swept.temporary_files)
