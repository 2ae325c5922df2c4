"""The asking side: hand a message to a scan worker of this node and wait for its judgement.

A worker that dies over a message is no answer.  The message is tried once more by a worker that
serves it alone; if that dies as well, the judgement is ours and says "unscannable", never "clean".
Where the whole station ended, no message of the many that it had is to blame: they are tried again.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Gathered
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.pipeline.deciding import unscannable
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.pipeline.wire import (
    LENGTH,
    MAX_FRAME,
    FromWorker,
    Looked,
    LookRequest,
    Recorded,
    SnapshotKey,
    Snapshots,
    SnapshotsWanted,
    frame,
    from_worker,
)

log = structlog.get_logger(__name__)

CONNECT_PAUSE: Final = 0.05
"""Seconds between two tries to reach workers that are just being replaced."""
CONNECT_PATIENCE: Final = 60.0
"""Seconds after which a station that does not listen counts as not there."""

MOST_AT_ONCE: Final = 262_144
"""Octets that are received at a time."""
STATIONS: Final = 3
"""Stations that may end over a message before it is to blame after all."""
_CREDENTIALS: Final = struct.Struct("3i")

GatherFacts = Callable[[Submission], Awaitable[Gathered]]


class WorkerDied(Exception):
    """The connection ended before the reply."""


class StationDied(Exception):
    """The connection ended with the station behind it and all its workers."""


class Asker:
    """Looks through the workers that listen in ``folder``."""

    def __init__(
        self, folder: Path, directory: Directory, gather: GatherFacts, settings: PipelineSettings
    ) -> None:
        self._crowd = str(folder / "scan.sock")
        self._alone = str(folder / "scan-alone.sock")
        self._directory = directory
        self._gather = gather
        self._settings = settings

    async def look(self, submission: Submission) -> Judgement | None:
        """Return the judgement, or None when no worker had one within the time budget."""
        try:
            async with asyncio.timeout(self._settings.time_budget):
                return await self.look_patiently(submission)
        except (TimeoutError, TemporaryFailure) as failure:
            log.warning("no judgement in time", message=str(submission.id), problem=str(failure))
            return None

    async def look_patiently(self, submission: Submission, recorded: Recorded | None = None) -> Judgement:
        """Return the judgement however long it takes; the workers' own limits end it.

        ``recorded`` authentication results replace our own.  Raises ``TemporaryFailure`` when there
        are no workers.
        """
        gathered = await self._gather(submission)
        snapshots = self._snapshots(submission)
        keys = tuple(map(SnapshotKey.of, snapshots))
        request = frame(LookRequest.about(submission, gathered, keys, recorded))
        for path in (self._crowd, self._alone):
            try:
                return await self._ask_stations(path, request, snapshots)
            except WorkerDied:
                log.warning("a scan worker died over a message", message=str(submission.id))
        return _unscannable(submission, gathered, snapshots, "two scan workers died over this message")

    async def without_look(self, submission: Submission, why: str) -> Judgement:
        """Return the judgement of a message that there is nothing of to look at.

        Raises ``TemporaryFailure`` like ``look_patiently``.
        """
        gathered = await self._gather(submission)
        return _unscannable(submission, gathered, self._snapshots(submission), why)

    def _snapshots(self, submission: Submission) -> tuple[TenantSnapshot, ...]:
        found = tuple(self._directory.by_id(leg.tenant) for leg in submission.legs)
        known = tuple(snapshot for snapshot in found if snapshot is not None)
        if len(known) < len(found):
            # Without its tenant's word nobody may say what becomes of a copy.
            raise TemporaryFailure("a tenant of this message is not known here")
        return known

    async def _ask_stations(
        self, path: str, request: bytes, snapshots: tuple[TenantSnapshot, ...]
    ) -> Judgement:
        for _ in range(STATIONS):
            try:
                return await self._ask(path, request, snapshots)
            except StationDied:
                log.warning("the scanning station died; asking the next one")
        raise WorkerDied

    async def _ask(self, path: str, request: bytes, snapshots: tuple[TenantSnapshot, ...]) -> Judgement:
        connection = await _connect(path)
        station = _station_of(connection)
        try:
            return await _converse(connection, request, snapshots)
        except (ConnectionError, EOFError) as failure:
            raise (WorkerDied if _is_alive(station) else StationDied) from failure
        finally:
            connection.close()


def _unscannable(
    submission: Submission, gathered: Gathered, snapshots: tuple[TenantSnapshot, ...], why: str
) -> Judgement:
    return unscannable(submission, gathered, {each.tenant: each for each in snapshots}, why)


async def _connect(path: str) -> socket.socket:
    """Return a connection to whoever listens at ``path``; waits for a station that is not up yet.

    Raises ``TemporaryFailure`` when none comes up.
    """
    deadline = time.monotonic() + CONNECT_PATIENCE
    while time.monotonic() < deadline:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            # On this machine it either succeeds at once or not at all: there is nothing to wait for.
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            connection.close()
            await asyncio.sleep(CONNECT_PAUSE)
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise TemporaryFailure(f"no scan worker listens at {path}")


def _station_of(connection: socket.socket) -> int:
    # The peer of a connection is whoever began to listen: the station, not the worker that answers.
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid: int = _CREDENTIALS.unpack(credentials)[0]
    return pid


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    # The command name stands in brackets and may hold anything; a zombie only waits to be buried.
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


async def _converse(
    connection: socket.socket, request: bytes, snapshots: tuple[TenantSnapshot, ...]
) -> Judgement:
    await _send(connection, request)
    answer = await _receive(connection)
    if isinstance(answer, SnapshotsWanted):
        wanted = set(answer.keys)
        sent = tuple(
            # Workers judge content; who may receive is decided at RCPT, and lists can be huge.
            replace(each, addresses=frozenset())
            for each in snapshots
            if SnapshotKey.of(each) in wanted
        )
        await _send(connection, frame(Snapshots(sent)))
        answer = await _receive(connection)
    if not isinstance(answer, Looked):
        raise WorkerDied
    return answer.judgement


async def _send(connection: socket.socket, octets: bytes) -> None:
    try:
        sent = connection.send(octets)
    except BlockingIOError:
        sent = 0
    if sent < len(octets):
        await asyncio.get_running_loop().sock_sendall(connection, memoryview(octets)[sent:])


async def _receive(connection: socket.socket) -> FromWorker:
    received = bytearray()
    length: int | None = None
    with _Readable(connection) as readable:
        while length is None or len(received) < LENGTH.size + length:
            await readable.wait()
            try:
                piece = connection.recv(MOST_AT_ONCE)
            except BlockingIOError:
                # The system may say that there is something where there is nothing.
                continue
            if not piece:
                raise EOFError
            received += piece
            if length is None and len(received) >= LENGTH.size:
                (length,) = LENGTH.unpack_from(received)
                if length > MAX_FRAME:
                    raise WorkerDied
    decoded: FromWorker = from_worker.decode(memoryview(received)[LENGTH.size : LENGTH.size + length])
    return decoded


class _Readable:
    """Waits for octets of one connection, which the loop watches from beginning to end.

    The loop's own ``sock_recv`` begins and ends its watch for every piece.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        self._loop.add_reader(self._connection, self._wake)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_reader(self._connection)

    async def wait(self) -> None:
        """Return when there is something to receive, be it the end."""
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
