"""Addresses of tenants' own choosing, reached without letting them choose one of ours.

A name is looked up once, every address must be a public one (or in a network that the operator allows),
and the connection goes to exactly that address: a second look-up could answer otherwise.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from lazaretto.core.errors import TemporaryFailure

Address = IPv4Address | IPv6Address


class Forbidden(TemporaryFailure):
    """The name leads to an address that nobody but us may reach."""


async def checked_address(host: str, port: int, allowed: Sequence[str] = ()) -> str:
    """Return an address of ``host``; ``allowed`` are networks that may be reached though they are private.

    Raises ``Forbidden`` where any of its addresses may not, ``TemporaryFailure`` where it has none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as failure:
        raise TemporaryFailure(f"{host} has no address: {failure.strerror or failure}") from failure
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses:
        raise TemporaryFailure(f"{host} has no address")
    for address in addresses:
        if not is_reachable(ip_address(address.partition("%")[0]), allowed):
            raise Forbidden(f"{host} leads to {address}, which is no public address")
    return addresses[0]


def is_reachable(address: Address, allowed: Sequence[str]) -> bool:
    """Tell whether ``address`` is public, or in one of the networks ``allowed``."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(
        plain in ip_network(network) for network in allowed if ip_network(network).version == plain.version
    ):
        return True
    return plain.is_global and not plain.is_multicast
