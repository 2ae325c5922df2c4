"""Looks that could not be had while the client waited."""

from __future__ import annotations

from typing import ClassVar

from lazaretto.core.decision import Judgement
from lazaretto.core.submission import Submission
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.rescanning import Rescanner
from lazaretto.run.gathering import gather_with, lists_of
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.rule_notices import tell
from lazaretto.spool.queue import Queue
from lazaretto.spool.unscanned import UnscannedMessages


class Rescanning:
    """Has messages looked at that were accepted unscanned."""

    card: ClassVar = JobCard(
        name="rescanning",
        summary="Has mail looked at that was accepted without a look",
        failure="Mail that was accepted unscanned waits; everything else flows",
    )

    def __init__(self, shop: Workshop) -> None:
        self._rescanner = _rescanner(shop)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._rescanner.run()


def _rescanner(shop: Workshop) -> Rescanner:
    settings, room = shop.settings, shop.room

    def tell_of(submission: Submission, judgement: Judgement) -> None:
        tell(submission, judgement, shop.notifier.notify, host_name(settings))

    resolver = resolver_of(settings, shop.options)
    lists = lists_of(settings.reputation, resolver)
    gather = gather_with(resolver, settings.scan, room.directory, lists, settings.clamav)
    unscanned = UnscannedMessages(
        room.pool,
        room.contents,
        room.node,
        settings.spool,
        temporary=shop.temporary.path,
        content_settings=settings.content,
    )
    return Rescanner(
        unscanned,
        Queue(room.pool, room.contents, room.node, settings.spool),
        Asker(shop.home.sockets, room.looking, gather, settings.scan),
        shop.handover.offer,
        tell_of,
    )
