"""Events on their way from the outbox into the trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.intelligence.signature_store import SignatureStore
from lazaretto.journal.dmarc_counts import DmarcCounts
from lazaretto.journal.list_uses import ListUses
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.shipping import Shipper
from lazaretto.run.acquainting import ContactTeacher
from lazaretto.run.address_learning import AddressTeacher
from lazaretto.run.hits import HitCounter
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.leaning import ReleaseVoter
from lazaretto.run.learning import TrapReporter
from lazaretto.spool.contacts import Contacts
from lazaretto.tenants.learned import LearnedAddresses

Tell = Callable[[Sequence[OutboxEvent]], Awaitable[None]]


class Shipping:
    """Ships events in their order, and tells those who count them."""

    card: ClassVar = JobCard(
        name="shipping",
        summary="Moves what happened from the outbox into the trace",
        failure="Traces, figures and lists of the quarantine stand still; mail flows, and nothing is lost",
    )

    def __init__(self, shop: Workshop) -> None:
        told = _each_of(
            HitCounter(IndicatorStore(shop.control)).tell,
            DmarcCounts(shop.trace).tell,
            TrapReporter(SignatureStore(shop.control)).tell,
            ListUses(shop.trace).tell,
            AddressTeacher(LearnedAddresses(shop.control), shop.room.directory).tell,
            ReleaseVoter(LeaningStore(shop.control), shop.trace, shop.room.directory).tell,
            ContactTeacher(
                Contacts(shop.room.pool, shop.home.master_key.read_bytes()), shop.room.directory
            ).tell,
        )
        self._shipper = Shipper(shop.room.pool, shop.trace, tell=told)

    async def run(self) -> None:
        """Ship until cancelled."""
        await self._shipper.run()


def _each_of(*tellings: Tell) -> Tell:
    """Return what tells the same events to each of ``tellings``."""

    async def tell(events: Sequence[OutboxEvent]) -> None:
        for telling in tellings:
            await telling(events)

    return tell
