"""The role ``edge``: receives mail, has it looked at, commits it, hands it to the deliver process."""

from __future__ import annotations

import hashlib
import os

import uvloop

from lazaretto.core.decision import Judgement
from lazaretto.core.submission import Commit, Submission
from lazaretto.delivery.handover import HandoverClient
from lazaretto.edge.seams import Seams
from lazaretto.edge.server import EdgeServer, ListenAddress, serve_edge
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.looking import accepted
from lazaretto.run.certificate import ensure_certificate, server_context
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.gathering import gather_with, header_of
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.options import RunOptions, host_and_port
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import SpoolRoom, spool_room
from lazaretto.run.stopping import until_stopped
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.intake import Intake, discard
from lazaretto.spool.refusals import RefusalLog
from lazaretto.spool.storage import Storage
from lazaretto.spool.temporary import TemporaryFolder


def run_edge(home: Home, settings: Settings, options: RunOptions) -> None:
    """Receive until told to stop."""
    uvloop.run(_edge(home, settings, options))


async def _edge(home: Home, settings: Settings, options: RunOptions) -> None:
    handover = HandoverClient(home.sockets / "handover.sock")
    async with spool_room(home, settings, f"edge-{os.getpid()}") as room:
        with TemporaryFolder(home.temporary) as temporary:
            refusals = RefusalLog(room.pool, settings.spool)
            await handover.start()
            await refusals.start()
            edge = _server(home, settings, options, room, temporary, refusals, handover)
            await edge.start()
            spare_what_stays()
            tell_ready()
            await until_stopped()
            await edge.drain()
            await edge.close()
            await refusals.stop()
            await handover.stop()


def _server(
    home: Home,
    settings: Settings,
    options: RunOptions,
    room: SpoolRoom,
    temporary: TemporaryFolder,
    refusals: RefusalLog,
    handover: HandoverClient,
) -> EdgeServer:
    gather = gather_with(resolver_of(settings, options), settings.scan)
    asker = Asker(home.sockets, room.directory, gather, settings.scan)
    acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
    seams = Seams(
        directory=room.directory,
        new_intake=lambda: Intake(temporary.path, settings.content),
        look=asker.look,
        commit=_commit_and_hand_over(acceptor, handover),
        refuse=acceptor.refuse,
        note_refusal=refusals.note,
        has_room=Storage(home.folder, settings.content).has_room,
        discard=discard,
    )
    name = host_name(settings)
    ensure_certificate(home.certificate, home.certificate_key, name)
    return serve_edge(
        settings.edge,
        seams,
        [ListenAddress(*host_and_port(options.smtp or settings.listen.smtp))],
        host_name=name,
        tls=server_context(home.certificate, home.certificate_key),
        hop_key=_hop_key(home),
    )


def _commit_and_hand_over(acceptor: Acceptor, handover: HandoverClient) -> Commit:
    async def commit(submission: Submission, judgement: Judgement | None) -> None:
        kept = None if judgement is None else accepted(judgement)
        for copy in await acceptor.commit(submission, kept):
            # Best effort: what is not handed over is claimed from the spool.
            handover.offer(copy, submission.content.octets)

    return commit


def _hop_key(home: Home) -> bytes:
    # Nodes of one platform share the master key and so know one another's hops, and nobody else can.
    return hashlib.blake2b(home.master_key.read_bytes(), person=b"lz hop token").digest()
