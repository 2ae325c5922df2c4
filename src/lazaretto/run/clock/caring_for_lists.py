"""Lists that clean themselves, trials that are proposed to act, proposals that nobody decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from lazaretto.run.database import Database
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.list_caring import ListCarer


class CaringForLists:
    """Removes entries that are over, and proposes what behaved on trial."""

    card: ClassVar = JobCard(
        name="caring-for-lists",
        summary="Removes entries of lists that are over, and proposes what behaved on trial",
        failure="Entries that are over stay in documents; those with an end do not count any more",
        every=timedelta(hours=1),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        database = Database(shop.home, shop.settings)
        self._carer = ListCarer(shop.control, shop.trace, shop.tenants, database.dsn("trace"))

    async def work(self, now: datetime) -> None:
        """Look after the lists of every tenant."""
        await self._carer.work(now)
