"""Connections for the mail path, and the one way to commit.

A commit counts only if PostgreSQL said so without a warning: where replication is synchronous, a
cancelled wait looks like success and carries SQLSTATE 01000.  Any exception throws the connection
away, because nothing is known about it any more; the next user gets a fresh one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from lazaretto.core.errors import LazarettoError, NotDurable, RowsRefused, StorageFull, TemporaryFailure

Connection = AsyncConnection[TupleRow]
_DISK_FULL: Final = "53100"
# A connection that is refused has no SQLSTATE in the driver, only the server's words.
_NO_PLACE: Final = ("too many clients", "remaining connection slots", "too many connections for")
_WARNING: Final = "01000"
CONNECT_TIMEOUT: Final = 10
RAISE_MAX_CONNECTIONS: Final = (
    "raise max_connections of PostgreSQL: `lazaretto doctor` says how many this node may need"
)
"""What to do where none is left."""


class Pool:
    """At most ``size`` connections to one database, opened when they are needed."""

    def __init__(self, dsn: str, size: int = 4) -> None:
        self._dsn = dsn
        self._idle: list[Connection] = []
        self._places = asyncio.Semaphore(size)
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; what is not committed inside is rolled back.

        Database errors leave as TemporaryFailure; the narrower ones are RowsRefused and StorageFull.
        """
        async with self._places:
            connection = await self._take()
            try:
                with database_errors():
                    yield connection
                    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                        await connection.rollback()
            except BaseException:
                if connection.broken or connection.closed:
                    # What ended this one (a restart, a fail-over) has most likely ended all others.
                    await self._close_idle()
                await _abandon(connection)
                raise
            await self._put_back(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection and commit at the end; NotDurable when that was not promised."""
        async with self.connection() as connection:
            yield connection
            await commit(connection)

    async def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        self._closed = True
        await self._close_idle()

    async def _close_idle(self) -> None:
        while self._idle:
            await _abandon(self._idle.pop())

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and not connection.broken:
                return connection
        with database_errors():
            return await _connect(self._dsn)

    async def _put_back(self, connection: Connection) -> None:
        if self._closed or connection.closed:
            await _abandon(connection)
        else:
            self._idle.append(connection)


class Notices:
    """Warnings that the server sent on one connection since they were last looked at."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def note(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        """Keep it if it doubts durability; called by the driver."""
        if diagnostic.sqlstate == _WARNING and diagnostic.severity_nonlocalized == "WARNING":
            self.warnings.append(diagnostic.message_primary or "warning")


async def commit(connection: Connection) -> None:
    """Commit; on return it will survive.  NotDurable when the server did not promise that."""
    notices = Notices()
    connection.add_notice_handler(notices.note)
    try:
        answer = await connection.execute("COMMIT", prepare=False)
    finally:
        connection.remove_notice_handler(notices.note)
    check_committed(answer.statusmessage, notices.warnings)


def check_committed(answer: str | None, warnings: list[str]) -> None:
    """Raise NotDurable unless ``answer`` is a commit without ``warnings``.

    The commit of a failed transaction is answered ``ROLLBACK``, without an error.
    """
    if answer != "COMMIT":
        raise NotDurable(f"the database answered {answer} to COMMIT")
    if warnings:
        raise NotDurable(f"the database committed with a warning: {warnings[0]}")


class database_errors:  # noqa: N801 - reads as a statement: with database_errors():
    """Raise our own errors in place of the driver's; a class, as it stands on the hot path."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _: object, failure: BaseException | None, __: object) -> None:
        """Translate ``failure``."""
        if isinstance(failure, psycopg.Error | OSError):
            raise translated(failure) from failure


def translated(failure: psycopg.Error | OSError) -> LazarettoError:
    """Return the error of ours that says what ``failure`` means to one who waits."""
    text = str(failure).strip().partition("\n")[0] or type(failure).__name__
    if isinstance(failure, psycopg.Error) and failure.sqlstate == _DISK_FULL:
        return StorageFull(f"database: {text}")
    if isinstance(failure, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError):
        return RowsRefused(f"database: {text}")
    if has_no_place(failure):
        return TemporaryFailure(f"database: no connection is left; {RAISE_MAX_CONNECTIONS}")
    return TemporaryFailure(f"database: {text}")


def has_no_place(failure: Exception) -> bool:
    """Tell whether the server refused a connection because it has as many as it may."""
    return isinstance(failure, psycopg.OperationalError) and any(words in str(failure) for words in _NO_PLACE)


async def _connect(dsn: str) -> Connection:
    keywords: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        "application_name": "lazaretto",
        # A server that vanished without a word must be noticed before our callers give up.
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    connection = await AsyncConnection.connect(dsn, autocommit=False, prepare_threshold=2, **keywords)
    connection.prepared_max = 200
    return connection


async def _abandon(connection: Connection) -> None:
    # Closing sends at most a farewell; a connection that is broken is closed already.
    with suppress(psycopg.Error, OSError):
        await connection.close()
