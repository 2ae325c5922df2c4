"""Who may send outwards: a registered address with an envelope sender of that very tenant.

An address in a provider's network that many companies share proves nothing about any of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from lazaretto.core.address import Address
from lazaretto.core.snapshot import Directory, TenantSnapshot

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def registered_sender(
    ip: str, directory: Directory, shared_networks: Sequence[Network]
) -> TenantSnapshot | None:
    """Return the tenant whose own sending server is at ``ip``."""
    tenant = directory.sender_at(ip)
    if tenant is None:
        return None
    address = ipaddress.ip_address(ip)
    if any(address in network for network in shared_networks):
        return None
    return tenant


def may_send(reverse_path: Address | None, tenant: TenantSnapshot) -> bool:
    """Tell whether ``tenant`` may send under ``reverse_path``; the null path is for its DSNs."""
    if reverse_path is None:
        return True
    return tenant.accepts(str(reverse_path))
