"""The listening edge: accepts connections while there is room, and stops without losing a message."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import partial

import structlog

from lazaretto.core.address import Address
from lazaretto.core.networks import NetworkIndex
from lazaretto.core.reply import Reply
from lazaretto.edge.counters import Counters
from lazaretto.edge.doors import Door, ListenAddress, TlsContexts
from lazaretto.edge.gates import rate, similar
from lazaretto.edge.gates.clients import ClientMemory, client_key
from lazaretto.edge.gates.greylist import Greylist
from lazaretto.edge.gates.load import Load
from lazaretto.edge.gates.notices import NoticeRate
from lazaretto.edge.gates.sender import is_within, shown_by_address
from lazaretto.edge.gates.tally import Tally
from lazaretto.edge.header_block import HeaderLimits
from lazaretto.edge.house import Caller, House
from lazaretto.edge.proxying import said_by_balancer
from lazaretto.edge.replies import ABORTING_TOO_MUCH
from lazaretto.edge.seams import Seams
from lazaretto.edge.session import Session
from lazaretto.edge.settings import EdgeSettings
from lazaretto.edge.wire import Wire
from lazaretto.protocol.lines import reply_line
from lazaretto.protocol.paths import parse_rcpt

__all__ = ("EdgeServer", "ListenAddress", "serve_edge")
log = structlog.get_logger(__name__)

_BACKLOG = 1_024
_HOUR = 3_600.0
_SENDERS = 500_000
"""Senders whose mail of a day is remembered."""


class EdgeServer:
    """One edge.  ``start``, then ``drain`` and ``close``; not used again after that."""

    def __init__(self, house: House, addresses: Sequence[ListenAddress], *, share_port: bool = False) -> None:
        self._house = house
        self._wanted = tuple(addresses)
        self._share_port = share_port
        self._shared_networks = _indexed(house.settings.shared_networks)
        self._balancers = _indexed(house.settings.balancers)
        self._servers: list[asyncio.Server] = []
        self._arriving: set[asyncio.Task[None]] = set()
        self._sessions: dict[asyncio.Task[None], Session] = {}
        self._is_draining = False

    @property
    def counters(self) -> Counters:
        """What it has done so far."""
        return self._house.counters

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """What it counts together with other edges, for whoever hands it on."""
        return self._house.tallies

    @property
    def addresses(self) -> tuple[ListenAddress, ...]:
        """Where it listens."""
        return tuple(
            ListenAddress(*sock.getsockname()[:2]) for server in self._servers for sock in server.sockets
        )

    def use_tls(self, tls: ssl.SSLContext | None, connector_tls: ssl.SSLContext | None) -> None:
        """Do further handshakes with these contexts; sessions in progress keep theirs."""
        self._house.tls.public, self._house.tls.connector = tls, connector_tls

    async def start(self) -> None:
        """Listen.  Raises ``OSError`` when an address cannot be had."""
        loop = asyncio.get_running_loop()
        for address in self._wanted:
            server = await loop.create_server(
                partial(self._new_wire, address.door),
                address.host,
                address.port,
                backlog=_BACKLOG,
                reuse_port=self._share_port or None,
            )
            self._servers.append(server)

    async def drain(self) -> None:
        """Listen no more, finish the messages in progress, tell everybody else 421."""
        self._stop_listening()
        for session in self._sessions.values():
            session.drain()
        if self._sessions:
            await asyncio.wait(tuple(self._sessions), timeout=self._house.settings.drain_timeout)

    async def close(self) -> None:
        """Stop at once; messages in progress are not accepted, so their senders keep them."""
        self._stop_listening()
        ended = dict(self._sessions)
        for task, session in ended.items():
            task.cancel()
            session.wire.abort()
        if ended:
            await asyncio.wait(tuple(ended))

    def _stop_listening(self) -> None:
        self._is_draining = True
        for server in self._servers:
            server.close()
        for arriving in self._arriving:
            arriving.cancel()

    def _new_wire(self, door: Door = Door.PUBLIC) -> Wire:
        return Wire(self._house.settings.receive_buffer, partial(self._arrive, door))

    def _arrive(self, door: Door, wire: Wire) -> None:
        peer = wire.told_by_transport("peername")
        if not isinstance(peer, tuple) or len(peer) < 2 or self._is_draining:
            wire.abort()
            return
        ip, port = _plain_ip(str(peer[0])), int(peer[1])
        if door is not Door.BALANCER:
            self._welcome(wire, ip, port, door)
        elif is_within(ip, self._balancers):
            arriving = asyncio.get_running_loop().create_task(self._arrive_proxied(wire, ip, port))
            self._arriving.add(arriving)
            arriving.add_done_callback(self._arriving.discard)
        else:
            self.counters.refused("no balancer")
            wire.abort()

    async def _arrive_proxied(self, wire: Wire, ip: str, port: int) -> None:
        try:
            said = await said_by_balancer(wire, self._house.settings.proxy_timeout)
        except asyncio.CancelledError:
            wire.abort()
            raise
        if said is None:
            self.counters.refused("no PROXY header")
            wire.abort()
        elif said.ip:
            self._welcome(wire, _plain_ip(said.ip), said.port, Door.BALANCER)
        else:
            self._welcome(wire, ip, port, Door.BALANCER)

    def _welcome(self, wire: Wire, ip: str, port: int, door: Door) -> None:
        shown = shown_by_address(ip, self._house.seams.directory, self._shared_networks)
        caller = Caller(ip=ip, port=port, key=client_key(ip), shown=shown, door=door)
        refusal = self._gate(caller)
        if refusal is not None:
            self.counters.refused(refusal.text)
            wire.say(reply_line(refusal))
            wire.close()
            return
        session = Session(self._house, caller, wire)
        task = asyncio.get_running_loop().create_task(session.run())
        self.counters.sessions += 1
        self.counters.open_sessions += 1
        self._sessions[task] = session
        task.add_done_callback(lambda ended: self._farewell(ended, caller))

    def _gate(self, caller: Caller) -> Reply | None:
        now = asyncio.get_running_loop().time()
        if self._house.clients.aborted_octets(caller.key, now) > self._house.settings.max_aborted_octets:
            return ABORTING_TOO_MUCH
        return self._house.load.enter(caller.key, registered=caller.shown.registered is not None)

    def _farewell(self, task: asyncio.Task[None], caller: Caller) -> None:
        del self._sessions[task]
        self._house.load.leave(caller.key)
        self.counters.open_sessions -= 1
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.counters.refused("internal fault")
            log.error("session failed", exc_info=failure)


def serve_edge(
    settings: EdgeSettings,
    seams: Seams,
    addresses: Sequence[ListenAddress],
    *,
    host_name: str,
    tls: ssl.SSLContext | None = None,
    connector_tls: ssl.SSLContext | None = None,
    hop_key: bytes = b"",
    share_port: bool = False,
) -> EdgeServer:
    """Return an edge that is not started yet.

    ``hop_key`` is a secret that all nodes share; without it loops are known by their length alone.
    ``share_port`` lets several processes listen at the same address.
    """
    sent, alike = Tally(rate.SUBJECTS, _SENDERS), similar.tally_of(settings.max_similar_messages)
    house = House(
        host_name=host_name,
        settings=settings,
        seams=seams,
        header_limits=HeaderLimits.of(settings),
        postmaster=_postmaster(settings, host_name),
        hop_key=hop_key,
        tls=TlsContexts(tls, connector_tls),
        counters=Counters(),
        load=Load(settings),
        clients=ClientMemory(settings.remembered_clients, settings.good_client_hours * _HOUR),
        tallies=(sent, alike),
        rates=rate.SendingRates(
            sent, per_sender=settings.max_outbound_per_sender, per_tenant=settings.max_outbound_per_tenant
        ),
        similar=similar.SimilarMessages(alike, settings.max_similar_messages),
        excess_rate=NoticeRate(settings.max_notices_per_tenant),
        notice_rate=NoticeRate(settings.max_notices_per_tenant),
        greylist=Greylist(settings.greylist_delay, settings.greylist_window, settings.greylist_entries),
    )
    return EdgeServer(house, addresses, share_port=share_port)


def _indexed(networks: Sequence[str]) -> NetworkIndex[str]:
    return NetworkIndex((network, network) for network in networks)


def _postmaster(settings: EdgeSettings, host_name: str) -> Address:
    if not settings.postmaster:
        return Address("postmaster", host_name.lower())
    parsed = parse_rcpt(f"TO:<{settings.postmaster}>".encode(), smtputf8=True)
    return parsed.address or Address("postmaster", host_name.lower())


def _plain_ip(ip: str) -> str:
    """Return an IPv4 client of a two-family socket as what it is, and no scope."""
    ip = ip.partition("%")[0]
    return ip.removeprefix("::ffff:") if ip.startswith("::ffff:") and "." in ip else ip
