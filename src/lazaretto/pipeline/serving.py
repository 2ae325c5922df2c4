"""A worker's side of one connection: read the request, ask for missing snapshots, reply."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.errors import PermanentFailure
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.octets import Octets, WindowedOctets
from lazaretto.pipeline.wire import (
    LENGTH,
    MAX_FRAME,
    Looked,
    LookRequest,
    SnapshotKey,
    Snapshots,
    SnapshotsWanted,
    ToWorker,
    frame,
    to_worker,
)
from lazaretto.spool.sealing import SealedReader

MAX_SNAPSHOTS: Final = 500
"""Snapshots that a worker keeps; the least lately used goes first."""

LookAndJudge = Callable[[LookRequest, Octets, dict[TenantId, TenantSnapshot]], Judgement]


class Worker:
    """Serves connections one after the other; keeps snapshots between them."""

    def __init__(self, look_and_judge: LookAndJudge) -> None:
        self._look_and_judge = look_and_judge
        self._snapshots: OrderedDict[SnapshotKey, TenantSnapshot] = OrderedDict()

    def serve(self, connection: socket.socket) -> None:
        """Answer one request; a peer that vanishes meanwhile is nobody's problem."""
        try:
            self._answer(connection)
        except (ConnectionError, EOFError):
            return

    def _answer(self, connection: socket.socket) -> None:
        request = _receive(connection)
        if not isinstance(request, LookRequest):
            problem = "a connection must begin with a request"
            raise PermanentFailure(problem)
        snapshots = self._snapshots_for(connection, request.snapshots)
        judgement = self._look_and_judge(request, octets_of(request.content), snapshots)
        connection.sendall(frame(Looked(judgement)))

    def _snapshots_for(
        self, connection: socket.socket, keys: tuple[SnapshotKey, ...]
    ) -> dict[TenantId, TenantSnapshot]:
        unknown = tuple(key for key in keys if key not in self._snapshots)
        if unknown:
            connection.sendall(frame(SnapshotsWanted(unknown)))
            answer = _receive(connection)
            if not isinstance(answer, Snapshots):
                problem = "snapshots were asked for and something else came"
                raise PermanentFailure(problem)
            for snapshot in answer.snapshots:
                self._keep(snapshot)
        for key in keys:
            if key in self._snapshots:
                self._snapshots.move_to_end(key)
        return {key.tenant: self._snapshots[key] for key in keys if key in self._snapshots}

    def _keep(self, snapshot: TenantSnapshot) -> None:
        self._snapshots[SnapshotKey.of(snapshot)] = snapshot
        while len(self._snapshots) > MAX_SNAPSHOTS:
            self._snapshots.popitem(last=False)


def octets_of(content: ReceivedContent) -> Octets:
    """Return the octets of ``content`` for scanning: themselves, or windows onto the sealed file."""
    if content.octets is not None:
        return content.octets
    if content.file is None:
        problem = "content is neither in memory nor in a file"
        raise PermanentFailure(problem)
    reader = SealedReader(content.file.path, content.file.key)
    return WindowedOctets(reader.read_at, content.size)


def _receive(connection: socket.socket) -> ToWorker:
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size))
    if length > MAX_FRAME:
        problem = f"a frame of {length} octets is above the bound"
        raise PermanentFailure(problem)
    decoded: ToWorker = to_worker.decode(_exactly(connection, length))
    return decoded


def _exactly(connection: socket.socket, count: int) -> bytes:
    if not count:
        return b""
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        received = connection.recv_into(view)
        if not received:
            raise EOFError
        view = view[received:]
    return bytes(buffer)
