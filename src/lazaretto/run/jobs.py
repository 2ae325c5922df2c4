"""The role ``jobs``: what is due by the clock, and looks that could not be had in a session.

The jobs themselves are in ``run/clock/``; this module starts them, and starts them again.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Final

import structlog
import uvloop

from lazaretto.core.errors import LazarettoError
from lazaretto.db.alone import alone
from lazaretto.db.pool import Pool
from lazaretto.delivery.handover import HandoverClient
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.database import Database
from lazaretto.run.gathering import header_of
from lazaretto.run.home import Home
from lazaretto.run.job_card import Job, PeriodicJob, StandingJob, Workshop
from lazaretto.run.job_registry import jobs
from lazaretto.run.notifying import Notifier
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.run.stopping import until_stopped
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.temporary import TemporaryFolder, remove_dead_folders
from lazaretto.tenants.store import CONNECTIONS as DOCUMENT_CONNECTIONS
from lazaretto.tenants.store import TenantStore

log = structlog.get_logger(__name__)

START_AGAIN_AFTER: Final = 5.0
_SHARED_BY_ALL: Final = 6
"""Connections to ``trace``, and as many to ``control``."""


def run_jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    """Do what is due until told to stop."""
    uvloop.run(_jobs(home, settings, options))


async def _jobs(home: Home, settings: Settings, options: RunOptions) -> None:
    remove_dead_folders(home.temporary)
    database = Database(home, settings)
    trace, control = (Pool(database.dsn(name), _SHARED_BY_ALL) for name in ("trace", "control"))
    # Apart from the others: whoever holds a lock needs connections for its work besides.
    locks = Pool(database.dsn("control"), _locks())
    tenants = TenantStore(database.dsn("control"))
    handover = HandoverClient(home.sockets / "handover.sock")
    async with spool_room(home, settings, f"jobs-{os.getpid()}") as room:
        with TemporaryFolder(home.temporary) as temporary:
            await handover.start()
            acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
            notifier = Notifier(acceptor.commit_composed)
            notifier.start()
            shop = Workshop(
                home=home,
                settings=settings,
                options=options,
                room=room,
                trace=trace,
                control=control,
                tenants=tenants,
                temporary=temporary,
                handover=handover,
                notifier=notifier,
            )
            tasks = [asyncio.create_task(again_and_again(job(shop), locks)) for job in jobs()]
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
    await locks.close()
    await tenants.close()


def own_connections() -> int:
    """Return the most connections of this role beside those of its spool room."""
    return 2 * _SHARED_BY_ALL + DOCUMENT_CONNECTIONS + _locks()


def _locks() -> int:
    # Each job that one node of all does holds a connection, or waits in one for its turn.
    return sum(job.card.alone for job in jobs()) or 1


async def again_and_again(job: Job, locks: Pool) -> None:
    """Do ``job`` as its card says; one that fails starts again, and does not stop the others."""
    card = job.card
    while True:
        try:
            await _once(job, locks)
            pause = START_AGAIN_AFTER if card.every is None else card.every.total_seconds()
        except LazarettoError as failure:
            log.warning("a job starts again", job=card.name, problem=str(failure), means=card.failure)
            pause = START_AGAIN_AFTER
        except Exception:
            # A worker loop: a mistake of ours in one job must neither end it silently nor the others.
            log.exception("a job failed and starts again", job=card.name, means=card.failure)
            pause = START_AGAIN_AFTER
        await asyncio.sleep(pause)


async def _once(job: Job, locks: Pool) -> None:
    if isinstance(job, StandingJob):
        await job.run()
        return
    assert isinstance(job, PeriodicJob)
    if not job.card.alone:
        await job.work(datetime.now(UTC))
        return
    async with alone(locks, f"job {job.card.name}") as is_alone:
        if is_alone:
            await job.work(datetime.now(UTC))
