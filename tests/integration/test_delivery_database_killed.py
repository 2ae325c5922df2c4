"""A database that is killed makes nobody get a message twice: what was delivered stays delivered."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.queued import QueuedCopy
from lazaretto.core.snapshot import NextHop
from lazaretto.db.migrate import prepare
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.queue import Queue
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing import next_hop
from lazaretto.testing.copies import FixedDirectory, FixedResolver
from lazaretto.testing.messages import a_copy, a_judgement, a_submission

pytestmark = pytest.mark.integration

COPIES = 40
CONTENT = b"Subject: hello\r\n\r\nOne.\r\n"
LEASE = timedelta(seconds=1)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lazaretto-home-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(home) as started:
        prepare(started)
        yield started


@dataclass
class House:
    """Acceptor and queue on a database that may be killed."""

    server: EmbeddedServer
    home: Path
    acceptor: Acceptor
    queue: Queue
    store: Contents

    @classmethod
    async def on(cls, server: EmbeddedServer, home: Path, settings: SpoolSettings) -> House:
        pool = Pool(server.dsn("spool"), 4)
        keys = await Keys.open(home / "master.key", TenantKeyRows(pool))
        store = Contents(keys, InlineContentRows(pool).fetch, FileContent(home / "content"))
        node = await register(pool, home, settings.node_lease)
        return cls(
            server,
            home,
            Acceptor(pool, store, node, settings),
            Queue(pool, store, node, settings),
            store,
        )

    def dispatcher(self, hop: next_hop.NextHop) -> Dispatcher:
        return Dispatcher(
            queue=self.queue,
            contents=self.store,
            directory=FixedDirectory({"customer.example": (NextHop(host=hop.host, port=hop.port),)}),
            resolver=FixedResolver(),
            journal=self.home / "delivery",
            hostname="gw.example",
            settings=DeliverySettings(claim_interval=timedelta(seconds=0.05)),
        )

    async def accepted(self) -> QueuedCopy:
        submission = a_submission()
        judgement = a_judgement(a_copy(submission, Disposition.DELIVER))
        (copy,) = await self.acceptor.commit(submission, judgement)
        return copy

    def kill_database(self) -> None:
        assert self.server.pid is not None
        os.kill(self.server.pid, signal.SIGKILL)

    def places(self) -> set[str]:
        with psycopg.connect(self.server.dsn("spool")) as connection:
            return {place for (place,) in connection.execute("SELECT place FROM recipient").fetchall()}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


async def test_killing_the_database_while_copies_go_out_repeats_none(
    server: EmbeddedServer, home: Path
) -> None:
    house = await House.on(server, home, SpoolSettings())
    async with next_hop.NextHop(next_hop.Behaviour(delay=0.01)) as hop:
        dispatcher = house.dispatcher(hop)
        await dispatcher.start()
        for step in range(3):
            for copy in [await house.accepted() for _ in range(COPIES)]:
                dispatcher.offer(copy, CONTENT)
            await hop.arrived(step * COPIES + COPIES // 4)
            house.kill_database()
            await hop.arrived(step * COPIES + COPIES // 2)
            server.look()
            # As when an edge goes away at the same time: everything that is ours is leased anew.
            dispatcher.look_again()
            await until(lambda: house.places() == {"delivered"})
        await dispatcher.stop()

    assert len(hop.arrivals) == 3 * COPIES


async def test_a_database_that_is_away_for_longer_than_a_lease_repeats_none(
    server: EmbeddedServer, home: Path
) -> None:
    house = await House.on(server, home, SpoolSettings(lease_time=LEASE))
    async with next_hop.NextHop() as hop:
        dispatcher = house.dispatcher(hop)
        await dispatcher.start()
        copies = [await house.accepted() for _ in range(COPIES)]
        leased_at = datetime.now(tz=UTC)
        house.kill_database()
        for copy in copies:
            dispatcher.offer(copy, CONTENT)
        await hop.arrived(COPIES)
        await until(lambda: datetime.now(tz=UTC) > leased_at + LEASE)
        server.look()
        await until(lambda: house.places() == {"delivered"})
        await dispatcher.stop()

    assert len(hop.arrivals) == COPIES
