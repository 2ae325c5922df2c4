"""Events on their way to the outlets of tenants."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.core.cards import Option
from lazaretto.core.identity import TenantId
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import host_name
from lazaretto.run.pushing import Pusher
from lazaretto.run.storekey import web_key


class Pushing:
    """Pushes what tenants want to be told."""

    card: ClassVar = JobCard(
        name="pushing",
        summary="Pushes events to the outlets of tenants",
        failure="Outlets are told late; what they missed follows",
    )

    def __init__(self, shop: Workshop) -> None:
        directory = shop.room.directory

        def name_of(tenant: TenantId) -> str:
            snapshot = directory.by_id(tenant)
            return snapshot.name if snapshot else str(tenant)

        def has_details(tenant: TenantId) -> bool:
            snapshot = directory.by_id(tenant)
            return snapshot is not None and Option.ADVANCED_THREATS in snapshot.ordered

        self._pusher = Pusher(
            shop.control,
            shop.trace,
            key=web_key(shop.home),
            host_name=host_name(shop.settings),
            name_of=name_of,
            has_details=has_details,
            allowed=shop.settings.web.outlet_networks,
        )

    async def run(self) -> None:
        """Push until cancelled."""
        await self._pusher.run()
