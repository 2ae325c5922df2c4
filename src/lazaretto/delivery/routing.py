"""From a destination domain to the hosts that take its mail.

A tenant's domain goes to the routes of its published snapshot.  Everything else goes to the relay,
where one is set, or to the MX hosts of the domain (RFC 5321 §5.1).  What a stranger publishes in the
DNS is not trusted to lead out of here: MX hosts that are ourselves, or that lie in networks that no
MX lies in, are passed over.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import DnsStatus, Resolver
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import AddressFamily, Directory, HostLookup, NextHop, TlsDemand
from lazaretto.delivery.networks import Networks
from lazaretto.delivery.pacing import Limits
from lazaretto.delivery.settings import DeliverySettings

_LOCALHOST = ("127.0.0.1", "::1")
_SMTP_PORT = 25
_UNLIMITED = Limits(key="")
_KINDS = {
    AddressFamily.ANY: ("A", "AAAA"),
    AddressFamily.IPV4: ("A",),
    AddressFamily.IPV6: ("AAAA",),
}


class Unroutable(TemporaryFailure):
    """There is no host for a domain; ``reply`` says why, and by its code whether for good."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Router:
    """Finds next hops and their addresses."""

    def __init__(self, directory: Directory, resolver: Resolver, settings: DeliverySettings) -> None:
        self._directory = directory
        self._resolver = resolver
        self._settings = settings
        self._relay = _relay(settings)
        self._own = frozenset(host.lower().rstrip(".") for host in settings.own_hosts)
        self._refused = Networks(settings.refused_mx_networks)
        self._limits = {
            each.domain: Limits(
                key=f"mx {each.domain}", connections=each.connections, per_minute=each.per_minute
            )
            for each in settings.limits
        }
        self._draw = random.Random().expovariate  # noqa: S311  (spreads load, keeps no secret)

    def group(self, domain: str) -> str:
        """Return the text under which mail to ``domain`` shares connections with other mail."""
        fixed = self._fixed(domain)
        if fixed is None:
            return f"mx {domain}"
        return " ".join(map(_in_group, fixed))

    def limits(self, domain: str, hop: NextHop) -> Limits:
        """Return how much may go to ``hop`` at a time: the route's limits, or those of the domain."""
        if self._fixed(domain) is not None:
            return Limits(key=hop.key, connections=hop.max_connections, per_minute=hop.messages_per_minute)
        return self._limits.get(domain, _UNLIMITED)

    async def hops(self, domain: str) -> tuple[NextHop, ...]:
        """Return the hosts for ``domain``, in the order in which they are called; raise ``Unroutable``.

        Hosts of equal preference come in an order that differs from call to call.
        """
        fixed = self._fixed(domain)
        if fixed is not None:
            if not fixed:
                raise Unroutable(Reply(451, "4.3.5", "the domain has no route"))
            return await self._expanded(self._spread(fixed))
        if domain.startswith("["):
            return (NextHop(host=_literal(domain), port=self._settings.port_for_mx),)
        return self._spread(await self._mx(domain))

    async def addresses(self, domain: str, hop: NextHop) -> tuple[str, ...]:
        """Return the addresses of ``hop``, at most ``max_addresses``; raise ``Unroutable``."""
        # What a domain's MX records name is a stranger's word, whoever named the domain.
        is_fixed = self._fixed(domain) is not None and hop.lookup is HostLookup.ADDRESS
        if _is_address(hop.host):
            found: tuple[str, ...] = (hop.host,)
        elif is_fixed and hop.host == "localhost":
            found = tuple(ip for ip in _LOCALHOST if ("AAAA" if ":" in ip else "A") in self._kinds(hop))
        else:
            found = await self._look_up(hop.host, self._kinds(hop), is_fixed=is_fixed)
        if not is_fixed:
            found = tuple(ip for ip in found if not self._is_refused(ip))
            if not found:
                raise Unroutable(Reply(550, "5.4.4", "the mail host's addresses are not usable"))
        return found[: self._settings.max_addresses]

    def _fixed(self, domain: str) -> tuple[NextHop, ...] | None:
        snapshot = self._directory.tenant_of(domain)
        if snapshot is not None:
            return snapshot.domains.get(domain, ())
        return self._relay

    async def _expanded(self, hops: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
        """Put the MX hosts in the place of each domain whose MX hosts are to be called."""
        expanded: list[NextHop] = []
        problem: Unroutable | None = None
        for hop in hops:
            if hop.lookup is HostLookup.ADDRESS:
                expanded.append(hop)
                continue
            try:
                found = self._spread(await self._mx(hop.host))
            except Unroutable as unroutable:
                problem = unroutable
                continue
            expanded.extend(replace(hop, host=each.host) for each in found)
        if not expanded and problem is not None:
            # People set routes, and people mend them: their mail waits.
            raise Unroutable(replace(problem.reply, code=451, enhanced="4.4.4")) from problem
        return tuple(expanded)

    async def _mx(self, domain: str) -> tuple[NextHop, ...]:
        answer = await self._resolver.ask(domain, "MX")
        if answer.failed:
            raise Unroutable(Reply(451, "4.4.3", "the DNS does not say where mail for the domain goes"))
        if answer.status is DnsStatus.NO_DOMAIN:
            raise Unroutable(Reply(550, "5.1.2", "the domain does not exist"))
        hosts = sorted(_hosts(answer.records))
        if answer.records and all(name == "" for _, name in hosts):
            raise Unroutable(Reply(556, "5.1.10", "the domain takes no mail (null MX)"))
        hosts = [(preference, name) for preference, name in hosts if name][: self._settings.max_mx_hosts]
        if not hosts:
            # RFC 5321 §5.1: without MX records the domain's own addresses are its mail host.
            hosts = [(0, domain)]
        return tuple(
            NextHop(host=name, port=self._settings.port_for_mx, preference=preference)
            for preference, name in self._before_us(hosts)
        )

    def _before_us(self, hosts: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """Drop ourselves and all hosts that are not preferred to us: mail must come nearer."""
        ours = [preference for preference, name in hosts if name in self._own]
        if not ours:
            return hosts
        better = [(preference, name) for preference, name in hosts if preference < min(ours)]
        if not better:
            raise Unroutable(Reply(554, "5.4.6", "mail for the domain would come back to us"))
        return better

    def _spread(self, hops: Iterable[NextHop]) -> tuple[NextHop, ...]:
        ordered: list[NextHop] = []
        for _, equals in groupby(sorted(hops, key=_rank), key=_rank):
            ordered.extend(sorted(equals, key=self._lot))
        return tuple(ordered)

    def _kinds(self, hop: NextHop) -> tuple[str, ...]:
        kinds = _KINDS[hop.family]
        # Who asks for IPv6 by name gets it, even where it is not used by itself.
        return kinds if self._settings.ipv6 or hop.family is not AddressFamily.ANY else ("A",)

    def _lot(self, hop: NextHop) -> float:
        """Draw when ``hop`` is called among its equals: first as often as its weight is of all weights."""
        return self._draw(hop.weight) if hop.weight else math.inf

    async def _look_up(self, host: str, kinds: tuple[str, ...], *, is_fixed: bool) -> tuple[str, ...]:
        answers = await asyncio.gather(*(self._resolver.ask(host, kind) for kind in kinds))
        found = tuple(ip for answer in answers for ip in answer.records if _is_address(ip))
        if found:
            return found
        if any(answer.failed for answer in answers):
            raise Unroutable(Reply(451, "4.4.3", f"the DNS does not give an address of {host}"))
        if is_fixed:
            # People set routes, and people mend them: their mail waits.
            raise Unroutable(Reply(451, "4.4.4", f"the host {host} of the route has no address"))
        raise Unroutable(Reply(550, "5.4.4", f"the mail host {host} has no address"))

    def _is_refused(self, ip: str) -> bool:
        return ip in self._own or self._refused.hold(ip)


def _relay(settings: DeliverySettings) -> tuple[NextHop, ...] | None:
    if not settings.relay:
        return None
    host, port = settings.relay, _SMTP_PORT
    if not _is_address(host):
        name, colon, number = host.rpartition(":")
        if colon and number.isdigit():
            host, port = name.strip("[]"), int(number)
    return (NextHop(host=host.lower(), port=port, tls=TlsDemand(settings.relay_tls)),)


def _hosts(records: Iterable[str]) -> list[tuple[int, str]]:
    hosts = []
    for record in records:
        preference, _, name = record.partition(" ")
        if preference.isdigit():
            hosts.append((int(preference), name.strip(" ").lower().rstrip(".")))
    return hosts


def _in_group(hop: NextHop) -> str:
    extras = (
        hop.lookup.value,
        hop.is_fallback,
        hop.weight,
        hop.family.value,
        hop.max_connections,
        hop.messages_per_minute,
    )
    return "/".join(map(str, (hop.preference, hop.key, hop.tls.value, *extras)))


def _rank(hop: NextHop) -> tuple[bool, int]:
    return (hop.is_fallback, hop.preference)


def _literal(domain: str) -> str:
    text = domain.strip("[]").removeprefix("ipv6:")
    if not _is_address(text):
        raise Unroutable(Reply(550, "5.1.2", "the address literal is not an address"))
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
