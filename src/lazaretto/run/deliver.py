"""The role ``deliver``: takes copies from the edge and from the spool, and sends them on."""

from __future__ import annotations

import asyncio
import os
from typing import Final

import uvloop

from lazaretto.db.pool import Pool
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.domain_tls import domain_tls
from lazaretto.delivery.handover import HandoverServer
from lazaretto.delivery.report_store import ReportStore
from lazaretto.delivery.seams import utc_now
from lazaretto.delivery.signing import Signing
from lazaretto.delivery.tls_reports import TlsReports
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.keyring import KeyRing
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.run.stopping import until_stopped
from lazaretto.run.tls_reporting import keep_tls_counts
from lazaretto.spool.queue import Queue
from lazaretto.spool.signing_keys import SigningKeys
from lazaretto.spool.silences import SharedSilences

TRACE_CONNECTIONS: Final = 1
"""For what is counted for reports about TLS, now and then."""


def run_deliver(home: Home, settings: Settings, options: RunOptions) -> None:
    """Deliver until told to stop."""
    uvloop.run(_deliver(home, settings, options))


async def _deliver(home: Home, settings: Settings, options: RunOptions) -> None:
    async with spool_room(home, settings, f"deliver-{os.getpid()}") as room:
        resolver = resolver_of(settings, options)
        ring = KeyRing(SigningKeys(room.pool, room.keys))
        following = asyncio.create_task(ring.follow())
        reports = TlsReports()
        trace = Pool(Database(home, settings).dsn("trace"), TRACE_CONNECTIONS)
        dispatcher = Dispatcher(
            queue=Queue(room.pool, room.contents, room.node, settings.spool),
            contents=room.contents,
            directory=room.directory,
            resolver=resolver,
            journal=home.delivery_journal,
            hostname=host_name(settings),
            settings=settings.delivery,
            tls_policy=domain_tls(
                room.directory,
                resolver,
                settings.delivery,
                folder=home.folder / "mta-sts",
                reports=reports,
            ),
            signing=Signing(ring, host_name(settings), utc_now),
            silences=SharedSilences(room.pool),
        )
        handover = HandoverServer(home.sockets / "handover.sock", dispatcher.offer, dispatcher.look_again)
        await dispatcher.start()
        await handover.start()
        counting = asyncio.create_task(keep_tls_counts(reports, ReportStore(trace)))
        spare_what_stays()
        tell_ready()
        await until_stopped()
        await handover.stop()
        await dispatcher.stop()
        following.cancel()
        counting.cancel()
        await asyncio.wait([counting])
        await trace.close()
