"""The role ``jobs``: what is due by the clock, and looks that could not be had in a session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
import uvloop

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.core.submission import Submission
from lazaretto.db.pool import Pool
from lazaretto.delivery.handover import HandoverClient
from lazaretto.delivery.report_store import ReportStore
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.intelligence.digest_store import DigestStore
from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.intelligence.signature_store import SignatureStore
from lazaretto.journal.dmarc_counts import DmarcCounts
from lazaretto.journal.list_uses import ListUses
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.retention import forget_old
from lazaretto.journal.shipping import Shipper
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.rescanning import Rescanner
from lazaretto.pipeline.second_looks import SecondLooks
from lazaretto.run.aftermath import Aftermath
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.database import Database
from lazaretto.run.dmarc_reports import dmarc_reporter
from lazaretto.run.gathering import gather_with, header_of, lists_of
from lazaretto.run.hits import HitCounter
from lazaretto.run.home import Home
from lazaretto.run.learning import SignatureWriter, TrapReporter
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.notifying import Notifier
from lazaretto.run.options import RunOptions
from lazaretto.run.pushing import Pusher
from lazaretto.run.retro import RetroScan
from lazaretto.run.rule_notices import tell
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import SpoolRoom, spool_room
from lazaretto.run.stopping import until_stopped
from lazaretto.run.storekey import web_key
from lazaretto.run.tls_reporting import send_reports, tls_reporter
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content_reading import ContentReader
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.named_references import MessageReferences
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.queue import Queue
from lazaretto.spool.sweeping import Sweeper
from lazaretto.spool.temporary import TemporaryFolder, remove_dead_folders
from lazaretto.spool.unscanned import UnscannedMessages

log = structlog.get_logger(__name__)

SWEEP_EVERY: Final = 3_600.0
FORGET_EVERY: Final = 3_600.0
REPORT_EVERY: Final = 600.0
KEEP_DMARC_COUNTS: Final = timedelta(days=30)
START_AGAIN_AFTER: Final = 5.0

Tell = Callable[[Sequence[OutboxEvent]], Awaitable[None]]


def run_jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    """Do what is due until told to stop."""
    uvloop.run(_jobs(home, settings, options))


async def _jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    remove_dead_folders(home.temporary)
    database = Database(home, settings)
    trace, control = Pool(database.dsn("trace"), 6), Pool(database.dsn("control"), 3)
    indicators, counts = IndicatorStore(control), DmarcCounts(trace)
    signatures = SignatureStore(control)
    told = _each_of(
        HitCounter(indicators).tell, counts.tell, TrapReporter(signatures).tell, ListUses(trace).tell
    )
    handover = HandoverClient(home.sockets / "handover.sock")
    async with spool_room(home, settings, f"jobs-{os.getpid()}") as room:
        with TemporaryFolder(home.temporary) as temporary:
            await handover.start()
            acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
            notifier = Notifier(acceptor.commit_composed)
            notifier.start()
            jobs = (
                Shipper(room.pool, trace, tell=told).run,
                Housekeeping(room.pool, room.contents, settings.spool).run,
                _rescanner(home, settings, options, room, temporary, handover, notifier).run,
                _Sweeping(home, settings, room).run,
                _Forgetting(settings, trace, indicators, counts).run,
                _Reporting(settings, options, room, trace).run,
                SignatureWriter(home, signatures).run,
                _pusher(home, settings, room, control, trace).run,
                _second_looks(home, settings, options, room, temporary).run,
                RetroScan(room.pool, trace, control, BundleFolder(home.bundles)).run,
                _aftermath(settings, room, trace, control).run,
            )
            tasks = [asyncio.create_task(_again_and_again(job)) for job in jobs]
            spare_what_stays()
            tell_ready()
            await until_stopped()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await notifier.stop()
            await handover.stop()
    await trace.close()
    await control.close()


def _each_of(*tellings: Tell) -> Tell:
    """Return what tells the same events to each of ``tellings``."""

    async def tell(events: Sequence[OutboxEvent]) -> None:
        for telling in tellings:
            await telling(events)

    return tell


async def _again_and_again(job: Any) -> None:
    """Run ``job``; one that fails starts again, and does not stop the others."""
    while True:
        work: Coroutine[Any, Any, None] = job()
        try:
            await work
        except LazarettoError as failure:
            log.warning("a job starts again", job=job.__qualname__, problem=str(failure))
        except Exception:
            # A worker loop: a mistake of ours in one job must neither end it silently nor the others.
            log.exception("a job failed and starts again", job=job.__qualname__)
        await asyncio.sleep(START_AGAIN_AFTER)


def _rescanner(
    home: Home,
    settings: Settings,
    options: RunOptions,
    room: SpoolRoom,
    temporary: TemporaryFolder,
    handover: HandoverClient,
    notifier: Notifier,
) -> Rescanner:
    def tell_of(submission: Submission, judgement: Judgement) -> None:
        tell(submission, judgement, notifier.notify, host_name(settings))

    resolver = resolver_of(settings, options)
    lists = lists_of(settings.reputation, resolver)
    gather = gather_with(resolver, settings.scan, room.directory, lists, settings.clamav)
    unscanned = UnscannedMessages(
        room.pool,
        room.contents,
        room.node,
        settings.spool,
        temporary=temporary.path,
        content_settings=settings.content,
    )
    return Rescanner(
        unscanned,
        Queue(room.pool, room.contents, room.node, settings.spool),
        Asker(home.sockets, room.looking, gather, settings.scan),
        handover.offer,
        tell_of,
    )


class _Reporting:
    def __init__(self, settings: Settings, options: RunOptions, room: SpoolRoom, trace: Pool) -> None:
        acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
        resolver = resolver_of(settings, options)
        self._wanted = settings.delivery
        self._tls = tls_reporter(settings, ReportStore(trace), resolver, acceptor.commit_composed)
        self._dmarc = dmarc_reporter(settings, DmarcCounts(trace), resolver, acceptor.commit_composed)

    async def run(self) -> None:
        while True:
            if self._wanted.tls_reports:
                await send_reports(self._tls)
            if self._wanted.dmarc_reports:
                await self._dmarc.send_due(datetime.now(UTC))
            await asyncio.sleep(REPORT_EVERY)


def _pusher(home: Home, settings: Settings, room: SpoolRoom, control: Pool, trace: Pool) -> Pusher:
    def name_of(tenant: TenantId) -> str:
        snapshot = room.directory.by_id(tenant)
        return snapshot.name if snapshot else str(tenant)

    return Pusher(
        control,
        trace,
        key=web_key(home),
        host_name=host_name(settings),
        name_of=name_of,
        allowed=settings.web.outlet_networks,
    )


def _second_looks(
    home: Home, settings: Settings, options: RunOptions, room: SpoolRoom, temporary: TemporaryFolder
) -> SecondLooks:
    resolver = resolver_of(settings, options)
    gather = gather_with(resolver, settings.scan, room.directory, None, settings.clamav)
    bundles = BundleFolder(home.bundles)
    return SecondLooks(
        room.pool,
        Quarantine(room.pool, settings.spool),
        ContentReader(room.contents, temporary.path, settings.content),
        Asker(home.sockets, room.looking, gather, settings.scan),
        bundle=bundles.working_label,
        keep_malware=settings.spool.keep_malware,
    )


def _aftermath(settings: Settings, room: SpoolRoom, trace: Pool, control: Pool) -> Aftermath:
    acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool)
    return Aftermath(
        trace, DigestStore(control), room.directory.by_id, acceptor.commit_composed, host_name(settings)
    )


class _Sweeping:
    def __init__(self, home: Home, settings: Settings, room: SpoolRoom) -> None:
        self._sweeper = Sweeper(home.temporary, room.places, MessageReferences(room.pool), settings.content)

    async def run(self) -> None:
        while True:
            swept = await self._sweeper.sweep(datetime.now(UTC))
            if swept.orphans or swept.temporary_files or swept.temporary_folders:
                log.info("swept", orphans=swept.orphans, files=swept.temporary_files)
            await asyncio.sleep(SWEEP_EVERY)


class _Forgetting:
    def __init__(
        self, settings: Settings, trace: Pool, indicators: IndicatorStore, counts: DmarcCounts
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._trace = trace
        self._indicators = indicators

    async def run(self) -> None:
        while True:
            spool = self._settings.spool
            await forget_old(
                self._trace,
                datetime.now(UTC),
                keep_trace=spool.keep_trace,
                keep_figures=spool.keep_figures,
            )
            await self._indicators.forget_old(datetime.now(UTC))
            await self._counts.forget((datetime.now(UTC) - KEEP_DMARC_COUNTS).date())
            await asyncio.sleep(FORGET_EVERY)
