"""Under which tenant a letter of ours leaves: nothing goes out that no tenant's rows, keys and trace hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lazaretto.core.address import domain_of
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot


class Tenants(Protocol):
    """The published tenants."""

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant that receives mail for ``domain``."""

    def all(self) -> Iterable[TenantSnapshot]:
        """Return every tenant."""


def tenant_writing_to(address: str, tenants: Tenants, named: str) -> TenantId | None:
    """Return whose letter one to ``address`` is: of the tenant of its domain, else of the one ``named``.

    None where the domain is nobody's and no such tenant is there.
    """
    owner = tenants.tenant_of(domain_of(address))
    if owner is None and named:
        owner = next((each for each in tenants.all() if each.name == named), None)
    return None if owner is None else owner.tenant
