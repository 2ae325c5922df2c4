"""Who may send outwards: a registered address with an envelope sender of that very tenant.

An address in a provider's network that many companies share proves nothing about any of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from lazaretto.core.address import Address
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.edge.gates.proof import Shown

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def shown_by_address(ip: str, directory: Directory, shared_networks: Sequence[Network]) -> Shown:
    """Return what ``ip`` shows: the tenant whose own sending server it is, or that many share it."""
    if is_within(ip, shared_networks):
        return Shown(shares_address=True)
    return Shown(registered=directory.sender_at(ip))


def is_within(ip: str, networks: Sequence[Network]) -> bool:
    """Tell whether ``ip`` is in one of ``networks``; what is no address is in none."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in networks)


def may_send(reverse_path: Address | None, tenant: TenantSnapshot) -> bool:
    """Tell whether ``tenant`` may send under ``reverse_path``; the null path is for its DSNs."""
    if reverse_path is None:
        return True
    return tenant.accepts(str(reverse_path))
