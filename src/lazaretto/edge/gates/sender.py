"""Who may send outwards: a registered address with an envelope sender of that very tenant.

An address in a provider's network that many companies share proves nothing about any of them.
"""

from __future__ import annotations

from lazaretto.core.address import Address
from lazaretto.core.networks import NetworkIndex
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.edge.gates.proof import Shown


def shown_by_address(ip: str, directory: Directory, shared_networks: NetworkIndex[str]) -> Shown:
    """Return what ``ip`` shows: the tenant whose own sending server it is, or that many share it."""
    if is_within(ip, shared_networks):
        return Shown(shares_address=True)
    return Shown(registered=directory.sender_at(ip))


def is_within(ip: str, networks: NetworkIndex[str]) -> bool:
    """Tell whether ``ip`` is in one of ``networks``; what is no address is in none."""
    try:
        return networks.holding(ip) is not None
    except ValueError:
        return False


def may_send(reverse_path: Address | None, tenant: TenantSnapshot) -> bool:
    """Tell whether ``tenant`` may send under ``reverse_path``; the null path is for its DSNs."""
    if reverse_path is None:
        return True
    return tenant.accepts(str(reverse_path))
