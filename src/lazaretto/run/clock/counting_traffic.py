"""The figures of the dashboard, counted hour by hour."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.journal.traffic_counts import TrafficCounts
from lazaretto.run.job_card import JobCard, Workshop


class CountingTraffic:
    """Counts the messages of hours of which something became known."""

    card: ClassVar = JobCard(
        name="counting-traffic",
        summary="Counts messages by the hour for dashboards",
        failure="Dashboards count those hours themselves and take longer",
    )

    def __init__(self, shop: Workshop) -> None:
        self._counts = TrafficCounts(shop.trace)

    async def run(self) -> None:
        """Count until cancelled."""
        await self._counts.run()
