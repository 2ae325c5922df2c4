"""One real PostgreSQL for all integration tests, fresh databases for each module, and spool parts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import Node, register
from lazaretto.spool.queue import Queue
from lazaretto.spool.settings import SpoolSettings


@pytest.fixture(scope="session")
def database_server() -> Iterator[EmbeddedServer]:
    """An embedded PostgreSQL that all modules share; nobody stops or kills it."""
    home = Path(tempfile.mkdtemp(prefix="lazaretto-tests-"))
    # The service user must be able to enter, or the cluster goes to /var/lib.
    home.chmod(0o711)
    server = EmbeddedServer(home)
    server.start()
    yield server
    cluster = server.cluster
    server.stop()
    shutil.rmtree(cluster.data.parent)
    shutil.rmtree(home)


@dataclass(frozen=True)
class Databases:
    """Fresh databases, migrated."""

    spool: str
    """Connection strings."""
    trace: str


@pytest.fixture(scope="module")
def databases(database_server: EmbeddedServer) -> Databases:
    """Databases ``spool`` and ``trace`` of one test module."""
    mark = uuid4().hex[:8]
    dsns = {}
    for kind in ("spool", "trace"):
        create_database(database_server.dsn("postgres"), f"{kind}_{mark}")
        dsns[kind] = database_server.dsn(f"{kind}_{mark}")
        migrate(dsns[kind], kind)
    return Databases(**dsns)


@dataclass
class Clock:
    """Time, turned by hand."""

    now: datetime = field(default_factory=lambda: datetime.now(tz=UTC))

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        """Let ``by`` pass."""
        self.now += by


@dataclass
class SpoolParts:
    """A spool on real databases."""

    databases: Databases
    home: Path
    settings: SpoolSettings
    pool: Pool
    trace_pool: Pool
    keys: Keys
    store: Contents
    node: Node
    acceptor: Acceptor
    queue: Queue
    clock: Clock

    def sql(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Look into database ``spool``."""
        return _rows(self.databases.spool, text, parameters)

    def trace_sql(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Look into database ``trace``."""
        return _rows(self.databases.trace, text, parameters)

    def events(self, message: object) -> list[str]:
        """Return the kinds of the events of ``message`` that wait in the outbox, in order."""
        text = "SELECT payload->>'kind' FROM outbox WHERE payload->>'message' = %s ORDER BY seq"
        return [kind for (kind,) in self.sql(text, str(message))]

    def places(self, message: object) -> list[str]:
        """Return the places of the recipients of ``message``, by number."""
        text = "SELECT place FROM recipient WHERE message = %s ORDER BY tenant, number"
        return [place for (place,) in self.sql(text, message)]


def _rows(dsn: str, text: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(text, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
async def spool(databases: Databases, tmp_path: Path) -> AsyncIterator[SpoolParts]:
    """A spool whose database is empty but for what it makes itself."""
    tables = "message, recipient, queue, content, content_kept, quarantine, outbox, ledger, tenant_key"
    tables += ", tally, silence, contact"
    _rows(databases.spool, f"TRUNCATE {tables}", ())
    tables = "event, trace_message, trace_recipient, rollup_hour, quarantine, traffic_hour, traffic_to_count"
    _rows(databases.trace, f"TRUNCATE {tables}", ())
    settings, clock = SpoolSettings(), Clock()
    pool, trace_pool = Pool(databases.spool, 4), Pool(databases.trace, 2)
    keys = await Keys.open(tmp_path / "master.key", TenantKeyRows(pool))
    store = Contents(keys, InlineContentRows(pool).fetch, FileContent(tmp_path / "content"))
    node = await register(pool, tmp_path, settings.node_lease)
    acceptor = Acceptor(pool, store, node, settings, clock=clock)
    queue = Queue(pool, store, node, settings, clock=clock)
    yield SpoolParts(
        databases, tmp_path, settings, pool, trace_pool, keys, store, node, acceptor, queue, clock
    )
    await pool.close()
    await trace_pool.close()
