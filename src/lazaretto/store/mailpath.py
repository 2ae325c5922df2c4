"""The mail path's own commands and queries, for pages that wait for an answer.

Pages run in threads; the mail path runs in an event loop.  One loop per process, in a thread of its
own, does what they ask: with the same code and the same transactions as everywhere else.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from lazaretto.core.errors import ScopeError, TemporaryFailure
from lazaretto.core.facts import Resolver
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.pool import Pool
from lazaretto.delivery.domain_keys import DomainKeys
from lazaretto.intelligence.bundle_store import BundleStore
from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.intelligence.machine_troubles import MachineTroubles
from lazaretto.intelligence.report_cases import ReportCases
from lazaretto.journal.auditing import AuditLog
from lazaretto.journal.feeding import Feed
from lazaretto.journal.list_uses import ListUses
from lazaretto.journal.outlets import OutletStore
from lazaretto.journal.pleas import Pleas, RefusedMail
from lazaretto.journal.trace import Trace
from lazaretto.journal.traffic_counts import TrafficCounts
from lazaretto.protocol.dns import SystemResolver
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.protocol.settings import DnsSettings
from lazaretto.spool.content import ContentPlace, Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_s3 import ObjectContent
from lazaretto.spool.content_settings import ObjectStoreSettings
from lazaretto.spool.kept import kept_content
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.queue_figures import QueueFigures
from lazaretto.spool.releasing import Releases
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.signing_keys import SigningKeys, StoredKey, list_signing_keys
from lazaretto.spool.steering import Steering
from lazaretto.spool.waiting import Waiting
from lazaretto.store.given import StoreSettings, given
from lazaretto.tenants.entry_ages import EntryAges
from lazaretto.tenants.following import SnapshotFollower
from lazaretto.tenants.learned import LearnedAddresses
from lazaretto.tenants.mailboxes import Mailboxes
from lazaretto.tenants.reviewing import Reviews
from lazaretto.tenants.store import CONNECTIONS as DOCUMENT_CONNECTIONS
from lazaretto.tenants.store import TenantStore

PATIENCE: Final = 30.0
_TO_EACH_DATABASE: Final = 4
CONNECTIONS: Final = 3 * _TO_EACH_DATABASE + DOCUMENT_CONNECTIONS + 1
"""The most that one process has: the pools, and one that follows the tenants' documents."""
T = TypeVar("T")


class MailPath:
    """What the store needs of the mail path."""

    def __init__(self, settings: StoreSettings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-path", daemon=True)
        self._thread.start()
        self._pools = tuple(
            Pool(dsn, _TO_EACH_DATABASE) for dsn in (settings.control, settings.spool, settings.trace)
        )
        control, spool, trace = self._pools
        spool_settings = SpoolSettings(give_up_after=timedelta(seconds=settings.give_up_after))
        self.tenants = TenantStore(settings.control)
        self.learned = LearnedAddresses(control)
        self.entry_ages = EntryAges(control)
        self.reviews = Reviews(control, self.tenants)
        self.audit = AuditLog(control)
        self.quarantine = Quarantine(spool, spool_settings)
        self.releases = Releases(spool, self.quarantine)
        self.waiting = Waiting(spool)
        self.steering = Steering(spool)
        self.queue_figures = QueueFigures(spool)
        self.indicators = IndicatorStore(control)
        self.troubles = MachineTroubles(control)
        self.bundles = BundleStore(control)
        self.trace = Trace(trace)
        self.traffic_counts = TrafficCounts(trace)
        self.feed = Feed(trace)
        self.outlets = OutletStore(control)
        self.pleas = Pleas(control)
        self.mailboxes = Mailboxes(control)
        self.cases = ReportCases(control)
        self.refused_mail = RefusedMail(trace)
        self.list_uses = ListUses(trace)
        self._dns_file = settings.dns_file
        self._resolver = SystemResolver(DnsSettings(servers=settings.dns_servers))
        self._spool = spool
        self._content = _Content(settings, spool)
        self._snapshots = SnapshotFollower(settings.control, f"web-{os.getpid()}")
        self._following: asyncio.Task[None] | None = None

    async def snapshot_of(self, tenant: TenantId) -> TenantSnapshot:
        """Return a tenant's configuration as the mail path has it, at most some seconds old.

        Raises ``ScopeError`` where there is no such tenant.
        """
        if self._following is None or (self._following.done() and self._following.exception()):
            self._following = asyncio.create_task(self._snapshots.start())
        await asyncio.shield(self._following)
        snapshot = self._snapshots.by_id(tenant)
        if snapshot is None:
            raise ScopeError("there is no such tenant")
        return snapshot

    async def beginning_of(self, tenant: TenantId, message: UUID, most: int) -> bytes | None:
        """Return the first ``most`` octets of a tenant's message; None when we do not have it any more."""
        return await self._content.beginning_of(tenant, message, most)

    async def signing_keys(self, tenant: TenantId) -> Sequence[StoredKey]:
        """Return a tenant's signing keys, without any means to open them."""
        return await list_signing_keys(self._spool, tenant)

    async def domain_keys(self, tenant: TenantId, domain: str) -> DomainKeys:
        """Return the means to make and turn over the signing keys of one domain of ``tenant``."""
        return DomainKeys(SigningKeys(self._spool, await self._content.keys()), tenant, domain)

    def resolver(self) -> Resolver:
        """Return whom to ask for what others publish; a file of answers is read anew each time."""
        return FileResolver(self._dns_file) if self._dns_file else self._resolver

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` comes to.  Raises ``TemporaryFailure`` when it takes too long."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(PATIENCE)
        except TimeoutError as failure:
            future.cancel()
            raise TemporaryFailure("the database takes too long to answer") from failure

    def close(self) -> None:
        """Let go of connections, loop and thread."""

        async def close() -> None:
            await self._snapshots.stop()
            await self.tenants.close()
            await self._resolver.close()
            for pool in self._pools:
                await pool.close()

        self.wait(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Content:
    """What messages say, unsealed for those who may read it."""

    def __init__(self, settings: StoreSettings, spool: Pool) -> None:
        self._settings = settings
        self._spool = spool
        self._keys: Keys | None = None

    async def beginning_of(self, tenant: TenantId, message: UUID, most: int) -> bytes | None:
        ref = await kept_content(self._spool, message, tenant)
        if ref is None:
            return None
        octets = await (await self._opened()).open(ref)
        return await asyncio.to_thread(lambda: octets[0 : min(most, len(octets))])

    async def keys(self) -> Keys:
        """Return the tenants' keys as they are now."""
        if self._keys is None:
            self._keys = await Keys.open(Path(self._settings.master_key), TenantKeyRows(self._spool))
        # Others make keys as well; a page is read seldom enough to ask each time.
        await self._keys.refresh()
        return self._keys

    async def _opened(self) -> Contents:
        settings = self._settings
        places: list[ContentPlace] = [FileContent(Path(settings.content))]
        if settings.object_store is not None:
            places.append(ObjectContent(ObjectStoreSettings.model_validate(settings.object_store)))
        return Contents(await self.keys(), InlineContentRows(self._spool).fetch, *places)


@cache
def mail_path() -> MailPath:
    """Return this process's way into the mail path, made when it is first needed."""
    return MailPath(given())
