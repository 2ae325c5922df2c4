"""Addresses of tenants' own choosing, reached without letting them choose one of ours.

A name is looked up once, every address must be a public one (or in a network that the operator allows),
and the connection goes to exactly that address: a second look-up could answer otherwise.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from lazaretto.core.errors import TemporaryFailure

Address = IPv4Address | IPv6Address
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


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
    plain = _inner(address)
    if any(
        plain in ip_network(network) for network in allowed if ip_network(network).version == plain.version
    ):
        return True
    return plain.is_global and not plain.is_multicast


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to; the address itself where it leads to none."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    # A gateway of ours would translate it (RFC 6052 §2.1).
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else address
