"""Which tenants' detailed malware events leave the platform: theirs that ordered it."""

from __future__ import annotations

from lazaretto.core.cards import Option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.store import TenantStore


def readers(home: Home, tenant: str | None) -> frozenset[TenantId]:
    """Return the tenants, or the one called ``tenant``, that ordered detailed events.

    Raises ``ConfigurationError`` where a named one is not there or did not.
    """
    found = with_tenants(home, None, lambda store: _readers(store, tenant))
    if tenant is not None and not found:
        raise ConfigurationError(
            f"{tenant} did not order detailed malware reporting"
            f" (contract.options: {Option.ADVANCED_THREATS.value})"
        )
    return found


async def _readers(store: TenantStore, tenant: str | None) -> frozenset[TenantId]:
    found = set()
    for name in (tenant,) if tenant is not None else await store.names():
        number = await store.number_of(name)
        if number is None:
            raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")
        contract = Contract.of(parse_document(await store.export(name), name))
        if Option.ADVANCED_THREATS in contract.options:
            found.add(number)
    return frozenset(found)
