"""Where a release may go: to its recipients, the first of them, or an address of the tenant's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.malware_handling import MalwareHandling
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.spool.leaving import TO_FIRST, TO_RECIPIENTS

PREDEFINED: Final = "predefined"


def reached_by(target: str, recipients: Sequence[str]) -> tuple[str, ...]:
    """Return to whom a release to ``target`` sends a copy for ``recipients``."""
    if target == TO_RECIPIENTS:
        return tuple(recipients)
    return tuple(recipients[:1]) if target == TO_FIRST else (target,)


def aim(target: str, recipients: Sequence[str]) -> str:
    """Return ``target`` with the addresses that it means, as commands tell it."""
    reached = ", ".join(reached_by(target, recipients))
    return target if reached in ("", target) else f"{target} ({reached})"


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
