"""The listening edge: accepts connections while there is room, and stops without losing a message."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from lazaretto.core.address import Address
from lazaretto.core.reply import Reply
from lazaretto.edge.counters import Counters
from lazaretto.edge.gates.clients import ClientMemory, client_key
from lazaretto.edge.gates.load import Load
from lazaretto.edge.gates.rate import OutboundRates
from lazaretto.edge.gates.sender import registered_sender
from lazaretto.edge.header_block import HeaderLimits
from lazaretto.edge.replies import ABORTING_TOO_MUCH
from lazaretto.edge.seams import Seams
from lazaretto.edge.session import Caller, House, Session
from lazaretto.edge.settings import EdgeSettings
from lazaretto.edge.wire import Wire
from lazaretto.protocol.lines import reply_line
from lazaretto.protocol.paths import parse_rcpt

log = structlog.get_logger(__name__)

_BACKLOG = 1_024
_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host and port; port 0 is any free one."""

    host: str
    port: int


class EdgeServer:
    """One edge.  ``start``, then ``drain`` and ``close``; not used again after that."""

    def __init__(self, house: House, addresses: Sequence[ListenAddress], *, share_port: bool = False) -> None:
        self._house = house
        self._wanted = tuple(addresses)
        self._share_port = share_port
        self._shared_networks = tuple(map(ipaddress.ip_network, house.settings.shared_networks))
        self._servers: list[asyncio.Server] = []
        self._sessions: dict[asyncio.Task[None], Session] = {}
        self._is_draining = False

    @property
    def counters(self) -> Counters:
        """What it has done so far."""
        return self._house.counters

    @property
    def addresses(self) -> tuple[ListenAddress, ...]:
        """Where it listens."""
        return tuple(
            ListenAddress(*sock.getsockname()[:2]) for server in self._servers for sock in server.sockets
        )

    async def start(self) -> None:
        """Listen.  Raises ``OSError`` when an address cannot be had."""
        loop = asyncio.get_running_loop()
        for address in self._wanted:
            server = await loop.create_server(
                self._new_wire,
                address.host,
                address.port,
                backlog=_BACKLOG,
                reuse_port=self._share_port or None,
            )
            self._servers.append(server)

    async def drain(self) -> None:
        """Listen no more, finish the messages in progress, tell everybody else 421."""
        self._is_draining = True
        for server in self._servers:
            server.close()
        for session in self._sessions.values():
            session.drain()
        if self._sessions:
            await asyncio.wait(tuple(self._sessions), timeout=self._house.settings.drain_timeout)

    async def close(self) -> None:
        """Stop at once; messages in progress are not accepted, so their senders keep them."""
        self._is_draining = True
        for server in self._servers:
            server.close()
        ended = dict(self._sessions)
        for task, session in ended.items():
            task.cancel()
            session.wire.abort()
        if ended:
            await asyncio.wait(tuple(ended))

    def _new_wire(self) -> Wire:
        return Wire(self._house.settings.receive_buffer, self._welcome)

    def _welcome(self, wire: Wire) -> None:
        caller = self._caller(wire)
        if caller is None or self._is_draining:
            wire.abort()
            return
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

    def _caller(self, wire: Wire) -> Caller | None:
        peer = wire.told_by_transport("peername")
        if not isinstance(peer, tuple) or len(peer) < 2:
            return None
        ip = _plain_ip(str(peer[0]))
        registered = registered_sender(ip, self._house.seams.directory, self._shared_networks)
        return Caller(ip=ip, port=int(peer[1]), key=client_key(ip), registered=registered)

    def _gate(self, caller: Caller) -> Reply | None:
        now = asyncio.get_running_loop().time()
        if self._house.clients.aborted_octets(caller.key, now) > self._house.settings.max_aborted_octets:
            return ABORTING_TOO_MUCH
        return self._house.load.enter(caller.key, registered=caller.registered is not None)

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
    hop_key: bytes = b"",
    share_port: bool = False,
) -> EdgeServer:
    """Return an edge that is not started yet.

    ``hop_key`` is a secret that all nodes share; without it loops are known by their length alone.
    ``share_port`` lets several processes listen at the same address.
    """
    house = House(
        host_name=host_name,
        settings=settings,
        seams=seams,
        header_limits=HeaderLimits.of(settings),
        postmaster=_postmaster(settings, host_name),
        hop_key=hop_key,
        tls=tls,
        counters=Counters(),
        load=Load(settings),
        clients=ClientMemory(settings.remembered_clients, settings.good_client_hours * _HOUR),
        rates=OutboundRates(settings.max_outbound_per_sender, settings.max_outbound_per_tenant),
    )
    return EdgeServer(house, addresses, share_port=share_port)


def _postmaster(settings: EdgeSettings, host_name: str) -> Address:
    if not settings.postmaster:
        return Address("postmaster", host_name.lower())
    parsed = parse_rcpt(f"TO:<{settings.postmaster}>".encode(), smtputf8=True)
    return parsed.address or Address("postmaster", host_name.lower())


def _plain_ip(ip: str) -> str:
    """Return an IPv4 client of a two-family socket as what it is, and no scope."""
    ip = ip.partition("%")[0]
    return ip.removeprefix("::ffff:") if ip.startswith("::ffff:") and "." in ip else ip
