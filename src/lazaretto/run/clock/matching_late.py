"""What is known today of mail that was delivered before."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.retro import RetroScan


class MatchingLate:
    """Finds delivered mail that newer intelligence calls malware."""

    card: ClassVar = JobCard(
        name="matching-late",
        summary="Finds malware among mail that was delivered before anybody knew",
        failure="Late alerts come later still",
    )

    def __init__(self, shop: Workshop) -> None:
        self._retro = RetroScan(shop.room.pool, shop.trace, shop.control, BundleFolder(shop.home.bundles))

    async def run(self) -> None:
        """Match until cancelled."""
        await self._retro.run()
