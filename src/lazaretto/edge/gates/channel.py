"""Which channel a tenant demands of mail: enforced TLS on the inbound leg.

The envelope's sender says which partner a message is from, as nothing else is known before DATA.  Under
the null path no partner is known and nothing is demanded.
"""

from __future__ import annotations

from typing import Final

from lazaretto.core.address import Address
from lazaretto.core.envelope import Direction, Tls
from lazaretto.core.snapshot import TenantSnapshot

NOTHING: Final = "opportunistic"
OF_PARTNERS: Final = "partner inbound"
OF_THE_TENANT: Final = "outbound required"


def unmet(policy: str, minimum_version: str, tls: Tls | None) -> str:
    """Return what is missing of a channel, in words for the trace; empty when nothing is."""
    if policy == NOTHING or (tls is not None and tls.protocol >= minimum_version):
        return ""
    came = "in clear" if tls is None else f"with {tls.protocol}"
    return f"{policy}: it came {came}, {minimum_version} is demanded"


def demanded(tenant: TenantSnapshot, reverse_path: Address | None, direction: Direction) -> tuple[str, str]:
    """Return which policy of ``tenant`` is for such mail, and the oldest protocol that it allows."""
    if direction is Direction.OUTBOUND:
        return (OF_THE_TENANT if tenant.outbound_requires_tls else NOTHING), "TLSv1.2"
    partner = None if reverse_path is None else tenant.tls_partner_of(reverse_path.domain)
    if partner is None or not partner.inbound:
        return NOTHING, "TLSv1.2"
    return OF_PARTNERS, partner.minimum_version
