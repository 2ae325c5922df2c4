"""Trying a next hop without handing anything over: does it answer, encrypt, and take a recipient?

Speaks as delivery does, so that what is found here is what mail will meet.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.core.facts import Resolver
from lazaretto.core.snapshot import HostLookup, NextHop, TlsDemand
from lazaretto.delivery.client import Conversation
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.extensions import Extension
from lazaretto.delivery.failures import ConversationFailed, TlsUnmet
from lazaretto.delivery.reaching import is_reachable
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import OPPORTUNISTIC, demand_of_route

PATIENCE: Final = 20.0
_STEP: Final = 8.0
_MOST_ADDRESSES: Final = 4
_MOST_TEXT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a host did."""

    host: str
    port: int
    ip: str = ""
    answers: bool = False
    """It greeted and knew EHLO."""
    tls: str = ""
    """Version and cipher; empty = in clear."""
    offers_tls: bool = False
    is_verified: bool = False
    """Its certificate is of a known issuer and for its name."""
    certificate_problem: str = ""
    takes: bool | None = None
    """Whether it takes the recipient; None = it was not asked."""
    reply: str = ""
    """The host's last words, or why there were none."""
    is_refused: bool = False
    """It must not be called from here."""


class Prober:
    """Tries hosts; ``allowed`` are private networks that may be called besides public addresses."""

    def __init__(
        self, resolver: Resolver, hostname: str, allowed: Sequence[str], source_address: str = ""
    ) -> None:
        self._resolver = resolver
        self._allowed = tuple(allowed)
        settings = DeliverySettings(
            source_address=source_address,
            connect_timeout=_STEP,
            greeting_timeout=_STEP,
            command_timeout=_STEP,
            tls_timeout=_STEP,
        )
        self._opener = Opener(settings, hostname)

    async def probe(self, hop: NextHop, recipient: str = "") -> Probed:
        """Return what ``hop`` does; never raises for what the host does or does not."""
        nothing = Probed(host=hop.host, port=hop.port)
        try:
            async with asyncio.timeout(PATIENCE):
                hosts = await self._hosts(hop)
                addresses = [ip for host in hosts for ip in await self._addresses(host)][:_MOST_ADDRESSES]
                if not addresses:
                    return _with(nothing, reply="the DNS knows no address of it")
                callable_ones = [ip for ip in addresses if self._may_call(ip)]
                if not callable_ones:
                    return _with(nothing, reply="its addresses are private", is_refused=True)
                return await self._tried(hop, hosts[0], callable_ones, recipient)
        except TimeoutError:
            return _with(nothing, reply=f"no answer within {PATIENCE:.0f} seconds")
        except ConversationFailed as failed:
            return _with(nothing, reply=str(failed.reply))

    async def _tried(self, hop: NextHop, host: str, addresses: Sequence[str], recipient: str) -> Probed:
        named = NextHop(host=host, port=hop.port, tls=hop.tls)
        problem = ""
        try:
            conversation = await self._opener.open(named, addresses, demand_of_route(TlsDemand.VERIFIED))
        except TlsUnmet as unmet:
            problem = str(unmet.reply)
            conversation = await self._opener.open(named, addresses, OPPORTUNISTIC)
        try:
            return await self._asked(named, conversation, problem, recipient)
        finally:
            await conversation.quit()

    async def _asked(self, hop: NextHop, conversation: Conversation, problem: str, recipient: str) -> Probed:
        tls = conversation.remote.tls
        takes, reply = None, ""
        if recipient:
            try:
                answer = await conversation.answer_for(recipient)
                takes, reply = answer.is_positive, str(answer)
            except ConversationFailed as failed:
                takes, reply = False, str(failed.reply)
        return Probed(
            host=hop.host,
            port=hop.port,
            ip=conversation.remote.ip,
            answers=True,
            tls=f"{tls.protocol} {tls.cipher}" if tls else "",
            offers_tls=tls is not None or conversation.offers(Extension.STARTTLS),
            is_verified=not problem,
            certificate_problem=problem[:_MOST_TEXT],
            takes=takes,
            reply=reply[:_MOST_TEXT],
        )

    async def _hosts(self, hop: NextHop) -> list[str]:
        if hop.lookup is not HostLookup.MX:
            return [hop.host]
        answer = await self._resolver.ask(hop.host, "MX")
        pairs = sorted((int(record.split()[0]), record.split()[1]) for record in answer.records)
        return [host.rstrip(".") for _, host in pairs][:_MOST_ADDRESSES] or [hop.host]

    async def _addresses(self, host: str) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host.strip("[]")))]
        except ValueError:
            pass
        answers = await asyncio.gather(*(self._resolver.ask(host, kind) for kind in ("A", "AAAA")))
        return [record for answer in answers for record in answer.records]

    def _may_call(self, ip: str) -> bool:
        return is_reachable(ipaddress.ip_address(ip), self._allowed)


def _with(probed: Probed, *, reply: str, is_refused: bool = False) -> Probed:
    return Probed(host=probed.host, port=probed.port, reply=reply[:_MOST_TEXT], is_refused=is_refused)
