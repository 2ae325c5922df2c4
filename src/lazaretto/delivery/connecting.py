"""Opening a conversation with one host: its addresses in turn, TLS as demanded.

Where TLS is opportunistic and does not come about, the host is called again and spoken to in clear:
after a failed handshake the first connection cannot be trusted to be in step.  Where TLS is
demanded, a host that cannot meet the demand is a host that cannot be reached.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Sequence
from dataclasses import replace

from lazaretto.core.queued import Remote
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.channel import Channel
from lazaretto.delivery.client import Conversation
from lazaretto.delivery.extensions import Extension
from lazaretto.delivery.failures import HostUnreachable, TlsUnmet
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_contexts import TlsContexts
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand
from lazaretto.delivery.tls_record import record_of
from lazaretto.protocol.problems import in_words


class Opener:
    """Opens conversations under one name of ours."""

    def __init__(self, settings: DeliverySettings, hostname: str) -> None:
        self._settings = settings
        self._hostname = hostname
        self._contexts = TlsContexts(settings.ca_file)

    async def open(self, hop: NextHop, addresses: Sequence[str], demand: ChannelDemand) -> Conversation:
        """Return a conversation that is ready for a transaction and meets ``demand``.

        Raise ``TlsUnmet`` where only the demand is not met, ``HostUnreachable`` where nobody answers,
        ``ConversationFailed`` for the rest.
        """
        missed: TlsUnmet | None = None
        for wanted in _from_strict_to_mild(demand):
            conversation = await self._greeted(hop, addresses)
            is_offered = conversation.offers(Extension.STARTTLS)
            try:
                if demand.is_required or (wanted is not None and is_offered):
                    await conversation.start_tls(
                        self._contexts.of(wanted or demand), _server_name(hop, demand), wanted or demand
                    )
            except TlsUnmet as unmet:
                conversation.close()
                missed = missed or unmet
                addresses = (conversation.remote.ip,)
                continue
            except BaseException:
                conversation.close()
                raise
            channel = record_of(demand, conversation.remote.tls, missed, is_offered=is_offered)
            conversation.remote = replace(conversation.remote, channel=channel)
            return conversation
        assert missed is not None
        missed.remote = replace(conversation.remote, tls=None, channel=record_of(demand, None, missed))
        raise missed

    async def _greeted(self, hop: NextHop, addresses: Sequence[str]) -> Conversation:
        channel, ip = await self._connect(addresses, hop.port)
        remote = Remote(host=hop.host, ip=ip, port=hop.port)
        conversation = Conversation(channel, remote, self._settings, self._hostname, time.monotonic())
        try:
            await conversation.greet()
        except BaseException:
            conversation.close()
            raise
        return conversation

    async def _connect(self, addresses: Sequence[str], port: int) -> tuple[Channel, str]:
        """Call the addresses, the next one whenever the last failed or is slow; the first wins."""
        calls: dict[asyncio.Task[Channel], str] = {}
        waiting = list(addresses)
        problem: BaseException | None = None
        try:
            while waiting or calls:
                if waiting:
                    ip = waiting.pop(0)
                    calls[asyncio.create_task(self._call(ip, port))] = ip
                patience = self._settings.next_address_after if waiting else None
                done, _ = await asyncio.wait(calls, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for call in done:
                    ip = calls.pop(call)
                    problem = call.exception()
                    if problem is None:
                        return call.result(), ip
        finally:
            for call in calls:
                call.add_done_callback(_hang_up)
                call.cancel()
        raise HostUnreachable(Reply(451, "4.4.1", f"no connection: {in_words(problem)}")) from problem

    async def _call(self, ip: str, port: int) -> Channel:
        loop = asyncio.get_running_loop()
        source = self._settings.source_address
        local = (source, 0) if source and _same_family(source, ip) else None
        async with asyncio.timeout(self._settings.connect_timeout):
            _, channel = await loop.create_connection(Channel, ip, port, local_addr=local)
        sock = channel.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return channel


def _hang_up(call: asyncio.Task[Channel]) -> None:
    if not call.cancelled() and call.exception() is None:
        call.result().abort()


def _from_strict_to_mild(demand: ChannelDemand) -> tuple[ChannelDemand | None, ...]:
    """Return what is tried, each on a connection of its own; None is a channel in clear."""
    if demand.is_required:
        return (demand,)
    if demand.check is CertificateCheck.NONE:
        return (demand, None)
    return (demand, replace(demand, check=CertificateCheck.NONE), None)


def _server_name(hop: NextHop, demand: ChannelDemand) -> str | None:
    """Return the name for SNI and for the check; an address goes along only to be checked."""
    try:
        ipaddress.ip_address(hop.host)
    except ValueError:
        return hop.host
    return hop.host if demand.check is CertificateCheck.HOST else None


def _same_family(one: str, other: str) -> bool:
    return (":" in one) == (":" in other)
