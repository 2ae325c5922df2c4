"""Copies at rest that somebody wants looked at again, or that newer rules may know."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.second_looks import SecondLooks
from lazaretto.run.gathering import gather_with
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import resolver_of
from lazaretto.spool.content_reading import ContentReader
from lazaretto.spool.quarantine import Quarantine


class LookingAgain:
    """Looks a second time, before a release and when rules are new."""

    card: ClassVar = JobCard(
        name="looking-again",
        summary="Looks again at malware before a release, and at suspected copies when rules are new",
        failure="Releases of malware wait, and suspected copies are not convicted",
    )

    def __init__(self, shop: Workshop) -> None:
        self._looks = _second_looks(shop)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._looks.run()


def _second_looks(shop: Workshop) -> SecondLooks:
    settings, room = shop.settings, shop.room
    resolver = resolver_of(settings, shop.options)
    gather = gather_with(resolver, settings.scan, room.directory, None, settings.clamav)
    return SecondLooks(
        room.pool,
        Quarantine(room.pool, settings.spool),
        ContentReader(room.contents, shop.temporary.path, settings.content),
        Asker(shop.home.sockets, room.looking, gather, settings.scan),
        bundle=BundleFolder(shop.home.bundles).working_label,
        keep_malware=settings.spool.keep_malware,
    )
