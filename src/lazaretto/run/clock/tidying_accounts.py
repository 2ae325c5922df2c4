"""What browsers and links left behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from lazaretto.db.sql import query
from lazaretto.run.account_tables import are_made
from lazaretto.run.job_card import JobCard, Workshop


class TidyingAccounts:
    """Forgets sessions, links and failed attempts that are over."""

    card: ClassVar = JobCard(
        name="tidying-accounts",
        summary="Forgets sessions, mailed links and failed sign-ins that are over",
        failure="The tables of sign-in grow; what is over stays without effect",
        every=timedelta(hours=1),
    )

    def __init__(self, shop: Workshop) -> None:
        self._control = shop.control

    async def work(self, now: datetime) -> None:
        """Forget what is over at ``now``."""
        if await are_made(self._control):
            async with self._control.transaction() as connection:
                await connection.execute(query("lazaretto.run", "account_leftovers"), {"now": now})
