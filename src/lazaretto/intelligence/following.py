"""Following what all tenants share: each subject has a revision, and whoever follows loads what is new.

The database tells of a change, and is asked every second in case that a word was lost.  While it is
away, what was loaded last stays in force.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, LiteralString, Protocol

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from lazaretto.core.errors import LazarettoError, TemporaryFailure
from lazaretto.db.pool import translated
from lazaretto.db.sql import query
from lazaretto.intelligence.bundle_store import CHANNEL

log = logging.getLogger(__name__)

POLL_EVERY: Final = 1.0
CONNECT_AGAIN_AFTER: Final = 0.5
CONNECT_TIMEOUT: Final = 5
_ANSWER_TIMEOUT: Final = 30.0

Connection = AsyncConnection[TupleRow]


class Subject(Protocol):
    """Something that is followed."""

    name: str
    """As in ``intelligence_revision``."""

    async def load(self, connection: Connection) -> None:
        """Load what is in force; called at the start and whenever the revision has changed."""

    async def tick(self, connection: Connection) -> None:
        """Do what is due every second; called after each look at the revisions."""


class IntelligenceFollower:
    """Keeps ``subjects`` fresh; for one event loop."""

    def __init__(self, dsn: str, process_name: str, subjects: Sequence[Subject]) -> None:
        self._dsn = dsn
        self._process = process_name
        self._subjects = subjects
        self._revisions: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_away = False

    async def start(self) -> None:
        """Load everything and go on following; raises ``TemporaryFailure`` when it cannot load."""
        connection = await self._connect()
        try:
            await self._refresh(connection)
        except BaseException:
            await _close(connection)
            raise
        self._task = asyncio.create_task(self._follow(connection), name=f"intelligence {self._process}")

    async def stop(self) -> None:
        """Stop following; what was loaded stays."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _follow(self, connection: Connection | None) -> None:
        while True:
            try:
                if connection is None:
                    connection = await self._connect()
                    await self._refresh(connection)
                await self._listen(connection)
            except LazarettoError as failure:
                if not self._is_away:
                    log.warning("intelligence not followed", extra={"problem": str(failure)})
                self._is_away = True
            except asyncio.CancelledError:
                await _close(connection)
                raise
            except Exception:
                # A mistake of ours in one subject must not end the following of all others for good.
                log.exception("intelligence not followed")
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
        return connection

    async def _listen(self, connection: Connection) -> None:
        while True:
            try:
                async for _ in connection.notifies(timeout=POLL_EVERY, stop_after=1):
                    pass
            except (psycopg.Error, OSError) as failure:
                raise translated(failure) from failure
            await self._refresh(connection)

    async def _refresh(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                latest: dict[str, int] = {row[0]: row[1] for row in await rows(connection, "revisions", {})}
                for subject in self._subjects:
                    revision = latest.get(subject.name, 0)
                    if self._revisions.get(subject.name) != revision:
                        await subject.load(connection)
                        self._revisions[subject.name] = revision
                    await subject.tick(connection)
        except (psycopg.Error, OSError) as failure:
            raise translated(failure) from failure
        except TimeoutError as failure:
            raise TemporaryFailure("the database does not answer") from failure
        if self._is_away:
            log.info("intelligence followed again")
        self._is_away = False


async def rows(
    connection: Connection, name: LiteralString, parameters: dict[str, Any], *, binary: bool = False
) -> list[tuple[Any, ...]]:
    """Return the rows of this package's query ``name``."""
    cursor = await connection.execute(query("lazaretto.intelligence", name), parameters, binary=binary)
    return await cursor.fetchall() if cursor.description is not None else []


async def _close(connection: Connection | None) -> None:
    if connection is not None:
        # Closing says farewell to a server that may be gone.
        with suppress(psycopg.Error, OSError):
            await connection.close()
