"""The role ``edge``: receives mail, has it looked at, commits it, hands it to the deliver process."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import uvloop

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.submission import Commit, Submission
from lazaretto.delivery.handover import HandoverClient
from lazaretto.edge.doors import Door, ListenAddress
from lazaretto.edge.seams import Seams
from lazaretto.edge.server import EdgeServer, serve_edge
from lazaretto.pipeline.asking import Asker
from lazaretto.policy.late import accepted
from lazaretto.run.certificate import ensure_certificate
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.counting import counters_file, keep_counters
from lazaretto.run.gathering import gather_with, header_of, lists_of
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name, resolver_of
from lazaretto.run.notifying import Notifier
from lazaretto.run.options import RunOptions, host_and_port
from lazaretto.run.renewing import CertificateWatch
from lazaretto.run.rule_notices import telling
from lazaretto.run.settings import ListenSettings, Settings
from lazaretto.run.spoolroom import SpoolRoom, spool_room
from lazaretto.run.stopping import until_stopped
from lazaretto.run.tallying import SharedTallies
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.contacts import Contacts
from lazaretto.spool.intake import Intake, discard
from lazaretto.spool.refusals import RefusalLog
from lazaretto.spool.storage import Storage
from lazaretto.spool.tallies import Tallies
from lazaretto.spool.temporary import TemporaryFolder

LOOK_LEEWAY: Final = 5.0
"""Seconds by which the session outwaits the asker, so that it is the asker who gives up."""


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
            acceptor = Acceptor(
                room.pool,
                room.contents,
                room.node,
                settings.spool,
                read_header=header_of,
                on_unclaimed=handover.look_again,
            )
            notifier = Notifier(acceptor.commit_composed)
            notifier.start()
            seams = replace(
                _seams(home, settings, options, room, temporary, acceptor, handover),
                note_refusal=refusals.note,
                notify=notifier.notify,
            )
            seams = telling(seams, notifier.notify, host_name(settings))
            watch = _certificate_watch(home, settings)
            edge = _server(home, settings, options, seams, watch)
            tallies = SharedTallies(edge.tallies, Tallies(room.pool))
            await tallies.begin()
            await _listen(edge, settings.listen, options)
            async with _beside(
                watch.follow(edge.use_tls),
                keep_counters(counters_file(home), edge.counters),
                tallies.keep(),
            ):
                spare_what_stays()
                tell_ready()
                await until_stopped()
                await edge.drain()
                await edge.close()
            await notifier.stop()
            await refusals.stop()
            await handover.stop()


async def _listen(edge: EdgeServer, listen: ListenSettings, options: RunOptions) -> None:
    try:
        await edge.start()
    except OSError as failure:
        wanted = " or ".join(f"{each.host}:{each.port}" for each in _addresses(listen, options))
        problem = f"{wanted} is in use or not ours; set listen.smtp or --smtp ({failure.strerror or failure})"
        raise ConfigurationError(problem) from failure


@asynccontextmanager
async def _beside(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do ``works`` until the block ends."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _seams(
    home: Home,
    settings: Settings,
    options: RunOptions,
    room: SpoolRoom,
    temporary: TemporaryFolder,
    acceptor: Acceptor,
    handover: HandoverClient,
) -> Seams:
    resolver = resolver_of(settings, options)
    lists = lists_of(settings.reputation, resolver)
    contacts = Contacts(room.pool, home.master_key.read_bytes())
    gather = gather_with(resolver, settings.scan, room.directory, lists, settings.clamav, contacts)
    # One limit for a look: the asker's, which says in the log what it waited for.
    limit = min(settings.scan.time_budget, settings.edge.look_timeout)
    limited = settings.scan.model_copy(update={"time_budget": limit})
    asker = Asker(home.sockets, room.looking, gather, limited)
    return Seams(
        directory=room.directory,
        new_intake=lambda: Intake(temporary.path, settings.content),
        look=asker.look,
        commit=_commit_and_hand_over(acceptor, handover),
        refuse=acceptor.refuse,
        has_room=Storage(home.folder, settings.content).has_room,
        discard=discard,
    )


def _certificate_watch(home: Home, settings: Settings) -> CertificateWatch:
    ensure_certificate(home.certificate, home.certificate_key, host_name(settings))
    return CertificateWatch(
        home.certificate,
        home.certificate_key,
        settings.edge.client_authorities,
        names=home.named_certificates,
    )


def _server(
    home: Home, settings: Settings, options: RunOptions, seams: Seams, watch: CertificateWatch
) -> EdgeServer:
    tls, connector_tls = watch.contexts()
    backstop = max(settings.edge.look_timeout, settings.scan.time_budget) + LOOK_LEEWAY
    return serve_edge(
        settings.edge.model_copy(update={"look_timeout": backstop, "refusal_page": _refusal_page(settings)}),
        seams,
        list(_addresses(settings.listen, options)),
        host_name=host_name(settings),
        tls=tls,
        connector_tls=connector_tls,
        hop_key=_hop_key(home),
    )


def _addresses(listen: ListenSettings, options: RunOptions) -> Iterator[ListenAddress]:
    yield ListenAddress(*host_and_port(options.smtp or listen.smtp))
    if listen.connectors:
        yield ListenAddress(*host_and_port(listen.connectors), Door.CONNECTOR)
    if listen.balancers:
        yield ListenAddress(*host_and_port(listen.balancers), Door.BALANCER)


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


def _refusal_page(settings: Settings) -> str:
    page, base_url = settings.edge.refusal_page, settings.web.base_url
    return page or (f"{base_url}/r/" if base_url else "")
