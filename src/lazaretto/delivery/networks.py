"""Networks in which nobody is called whom a stranger names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class Networks:
    """Some networks, IPv4 and IPv6."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)

    def hold(self, ip: str) -> bool:
        """Tell whether ``ip`` lies in one of them; what is no address counts as in all."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return True
        return any(address in network for network in self._networks)
