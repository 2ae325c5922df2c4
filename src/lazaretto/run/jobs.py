"""The role ``jobs``: what is due by the clock, and looks that could not be had in a session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Final

import structlog
import uvloop

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import LazarettoError
from lazaretto.core.submission import Submission
from lazaretto.db.pool import Pool
from lazaretto.delivery.handover import HandoverClient
from lazaretto.delivery.report_store import ReportStore
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.intelligence.digest_store import DigestStore
from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.journal.retention import forget_old
from lazaretto.journal.shipping import Shipper
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.rescanning import Rescanner
from lazaretto.pipeline.second_looks import SecondLooks
from lazaretto.run.aftermath import Aftermath
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.database import Database
from lazaretto.run.gathering import gather_with, header_of
from lazaretto.run.hits import HitCounter
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.notifying import Notifier
from lazaretto.run.options import RunOptions
from lazaretto.run.retro import RetroScan
from lazaretto.run.rule_notices import tell
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import SpoolRoom, spool_room
from lazaretto.run.stopping import until_stopped
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
START_AGAIN_AFTER: Final = 5.0


def run_jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    """Do what is due until told to stop."""
    uvloop.run(_jobs(home, settings, options))


async def _jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    remove_dead_folders(home.temporary)
    database = Database(home, settings)
    trace, control = Pool(database.dsn("trace"), 6), Pool(database.dsn("control"), 3)
    indicators = IndicatorStore(control)
    handover = HandoverClient(home.sockets / "handover.sock")
    async with spool_room(home, settings, f"jobs-{os.getpid()}") as room:
        with TemporaryFolder(home.temporary) as temporary:
            await handover.start()
            acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
            notifier = Notifier(acceptor.commit_composed)
            notifier.start()
            jobs = (
                Shipper(room.pool, trace, tell=HitCounter(indicators).tell).run,
                Housekeeping(room.pool, room.contents, settings.spool).run,
                _rescanner(home, settings, options, room, temporary, handover, notifier).run,
                _Sweeping(home, settings, room).run,
                _Forgetting(settings, trace, indicators).run,
                _Reporting(settings, options, room, trace).run,
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

    gather = gather_with(resolver_of(settings, options), settings.scan, room.directory)
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
        self._is_wanted = settings.delivery.tls_reports
        self._reporter = tls_reporter(settings, ReportStore(trace), resolver, acceptor.commit_composed)

    async def run(self) -> None:
        while True:
            if self._is_wanted:
                await send_reports(self._reporter)
            await asyncio.sleep(REPORT_EVERY)


def _second_looks(
    home: Home, settings: Settings, options: RunOptions, room: SpoolRoom, temporary: TemporaryFolder
) -> SecondLooks:
    gather = gather_with(resolver_of(settings, options), settings.scan, room.directory)
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
    def __init__(self, settings: Settings, trace: Pool, indicators: IndicatorStore) -> None:
        self._settings = settings
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
            await asyncio.sleep(FORGET_EVERY)
