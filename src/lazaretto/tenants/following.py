"""Following publications: every process keeps all snapshots in memory, fresh within a second.

The database tells of a publication, and is asked every second in case that a word was lost.  While
it is away, the last good snapshots stay in force: mail goes on by the rules of a moment ago.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.pool import translated
from lazaretto.db.sql import query
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.encoding import FORMAT, decode_snapshot
from lazaretto.tenants.lookup import SnapshotTable
from lazaretto.tenants.store import CHANNEL

log = logging.getLogger(__name__)

POLL_EVERY: Final = 1.0
"""Seconds after which the database is asked though it said nothing."""
CONNECT_AGAIN_AFTER: Final = 0.5
CONNECT_TIMEOUT: Final = 5
# Half-open connections are found by asking; the kernel gives up on an unanswered question after this.
_ANSWER_TIMEOUT: Final = 10.0

Connection = AsyncConnection[TupleRow]


class SnapshotFollower:
    """Implements ``core.snapshot.Directory`` with whatever is published; for one event loop."""

    def __init__(self, dsn: str, process_name: str) -> None:
        self._dsn = dsn
        self._process = process_name
        self._table = SnapshotTable((), _today())
        self._publication = -1
        self._reported = -1
        self._task: asyncio.Task[None] | None = None
        self._is_away = False

    @property
    def publication(self) -> int:
        """The number of the latest publication in force here; -1 before the first load."""
        return self._publication

    async def start(self) -> None:
        """Load everything and go on following; raises ``TemporaryFailure`` when it cannot load."""
        connection = await self._connect()
        try:
            await self._refresh(connection)
        except BaseException:
            await _close(connection)
            raise
        self._task = asyncio.create_task(self._follow(connection), name=f"follow {self._process}")

    async def stop(self) -> None:
        """Stop following; the snapshots stay as they are."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant that receives mail for ``domain`` (lower case, A-labels)."""
        return self._table.tenant_of(domain)

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        """Return the tenant that registered ``ip`` as a sending server of its own."""
        return self._table.sender_at(ip)

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        """Return the one tenant that registered the certificate or name ``proof``; None if several did."""
        return self._table.sender_showing(proof)

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        """Return the tenant's snapshot; None when there is no such tenant any more."""
        return self._table.by_id(tenant)

    def all(self) -> tuple[TenantSnapshot, ...]:
        """Return every tenant's snapshot."""
        return self._table.all()

    async def _follow(self, connection: Connection | None) -> None:
        while True:
            try:
                if connection is None:
                    connection = await self._connect()
                    await self._refresh(connection)
                await self._listen(connection)
            except TemporaryFailure as failure:
                if not self._is_away:
                    log.warning("snapshots not followed", extra={"problem": str(failure)})
                self._is_away = True
            except asyncio.CancelledError:
                await self._leave(connection)
                raise
            await _close(connection)
            connection = None
            await asyncio.sleep(CONNECT_AGAIN_AFTER)

    async def _connect(self) -> Connection:
        try:
            connection = await AsyncConnection.connect(
                self._dsn, autocommit=True, connect_timeout=CONNECT_TIMEOUT, application_name=self._process
            )
            await connection.execute(f"LISTEN {CHANNEL}")
        except (psycopg.Error, OSError) as failure:
            raise translated(failure) from failure
        # A new connection is a new witness that this process lives.
        self._reported = -1
        return connection

    async def _listen(self, connection: Connection) -> None:
        """Refresh at every word of the database and every second, until the connection breaks."""
        while True:
            try:
                async for _ in connection.notifies(timeout=POLL_EVERY, stop_after=1):
                    pass
            except (psycopg.Error, OSError) as failure:
                raise translated(failure) from failure
            await self._refresh(connection)

    async def _refresh(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT if self._publication >= 0 else None):
                await self._load(connection)
                await self._report(connection)
        except (psycopg.Error, OSError) as failure:
            raise translated(failure) from failure
        except TimeoutError as failure:
            raise TemporaryFailure("the database does not answer") from failure
        if self._is_away:
            log.info("snapshots followed again", extra={"publication": self._publication})
        self._is_away = False

    async def _load(self, connection: Connection) -> None:
        latest = await (await connection.execute(_sql("latest_publication"))).fetchone()
        number = int(latest[0]) if latest else 0
        today = _today()
        if number == self._publication and today == self._table.day:
            return
        since = {"publication": self._publication, "format": FORMAT}
        rows = await (await connection.execute(_sql("published_since"), since)).fetchall()
        changed = [snapshot for row in rows if (snapshot := self._snapshot(row)) is not None]
        self._table = self._table.with_changes(changed, today)
        # A publication that came between the two questions is in the rows already.
        self._publication = max([number, *(row[3] for row in rows)])

    def _snapshot(self, row: tuple[Any, ...]) -> TenantSnapshot | None:
        tenant, name, version, _, made_for, octets, document = row
        try:
            if made_for == FORMAT:
                return decode_snapshot(octets)
            return compile_snapshot(parse_document(document, name), TenantId(tenant), version)
        except ConfigurationError as failure:
            # One tenant's row must not keep all others from being followed; its last good
            # snapshot stays.
            log.error("snapshot unreadable", extra={"tenant": name, "problem": str(failure)})
            return None

    async def _report(self, connection: Connection) -> None:
        if self._reported != self._publication:
            words = {"process": self._process, "publication": self._publication}
            await connection.execute(_sql("report_publication"), words)
            self._reported = self._publication

    async def _leave(self, connection: Connection | None) -> None:
        if connection is None:
            return
        with suppress(psycopg.Error, OSError, TimeoutError):
            async with asyncio.timeout(1):
                await connection.execute(_sql("forget_process"))
        await _close(connection)


async def _close(connection: Connection | None) -> None:
    if connection is not None:
        # Closing says farewell to a server that may be gone.
        with suppress(psycopg.Error, OSError):
            await connection.close()


def _sql(name: str) -> LiteralString:
    return query("lazaretto.tenants", name)


def _today() -> date:
    return datetime.now(UTC).date()
