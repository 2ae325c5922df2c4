"""Commands' way to indicators: whose they are, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from lazaretto.core.address import fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.intelligence.indicator_store import IndicatorStore
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.tenants.document import parse_document

T = TypeVar("T")
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose rows a command may read and change."""

    tenant: TenantId | None
    """None = the operator's own."""
    owner: str


def scope_of(home: Home, tenant: str | None, *, everywhere: bool, owner: str | None = None) -> Scope:
    """Return the scope that a command's words mean; raises ``ConfigurationError`` for wrong ones."""
    if (tenant is None) != everywhere:
        raise ConfigurationError("say whose entries: --tenant NAME, or --everywhere for the operator's")
    if tenant is None:
        if owner not in (None, OPERATOR):
            raise ConfigurationError("entries for everybody are the operator's; leave out --as")
        return Scope(tenant=None, owner=OPERATOR)
    number = tenant_number(home, tenant)
    if owner is None or owner == OPERATOR:
        return Scope(tenant=number, owner=OPERATOR)
    text = with_tenants(home, None, lambda store: store.export(tenant))
    administrators = parse_document(text, tenant).administrators
    if fold(owner) not in map(fold, administrators):
        raise ConfigurationError(f"{owner} is no administrator of {tenant}")
    return Scope(tenant=number, owner=fold(owner))


def tenant_number(home: Home, name: str) -> TenantId:
    """Return the number of the tenant called ``name``; raises ``ConfigurationError`` for an unknown one."""
    number = with_tenants(home, None, lambda store: store.number_of(name))
    if number is None:
        raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")
    return number


def with_indicators(home: Home, ask: Callable[[IndicatorStore], Coroutine[Any, Any, T]]) -> T:
    """Return what ``ask`` makes of the platform's indicators."""

    async def asked(pool: Pool) -> T:
        return await ask(IndicatorStore(pool))

    return consult(home, "control", asked)
