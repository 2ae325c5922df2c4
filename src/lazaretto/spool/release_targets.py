"""Where a release may go: to its recipients, the first of them, or an address of the tenant's own."""

from __future__ import annotations

from typing import Final

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.malware_handling import MalwareHandling
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.spool.leaving import TO_FIRST, TO_RECIPIENTS

PREDEFINED: Final = "predefined"


def target_of(to: str, tenant: TenantSnapshot) -> str:
    """Return where a release goes: ``recipients``, ``first`` or an address of the tenant's own."""
    if to in (TO_RECIPIENTS, TO_FIRST):
        return to
    if to == PREDEFINED:
        address = MalwareHandling.of(tenant.options).release_address
        if not address:
            raise ConfigurationError(
                f"{tenant.name} has no predefined address; set malware_handling.release_address"
            )
        return address
    if "@" not in to:
        raise ConfigurationError(f'"{to}" is nobody; say recipients, first, predefined or a mail address')
    if domain_of(to) not in tenant.domains or not tenant.accepts(to):
        raise ConfigurationError(f"{to} is no address of {tenant.name}; malware is sent to nobody else")
    return to
