"""Tenants' configuration as the mail path applies it, for queries that have to know it."""

from __future__ import annotations

from functools import lru_cache

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Scope
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document


def snapshot_in_force(scope: Scope) -> TenantSnapshot:
    """Return what applies in the scope's tenant at this moment."""
    path = mail_path()
    version = path.wait(path.tenants.version_in_force(scope.tenant_name))
    found = None if version is None else snapshot_at(scope, version)
    if found is None:
        raise ScopeError("there is no such tenant")
    return found


def snapshot_at(scope: Scope, version: int) -> TenantSnapshot | None:
    """Return what applied as ``version``; None when it is not known any more, or cannot be read."""
    return _compiled(scope.of_tenant, scope.tenant_name, version)


# A version never changes.
@lru_cache(maxsize=100)
def _compiled(tenant: TenantId, name: str, version: int) -> TenantSnapshot | None:
    path = mail_path()
    text = path.wait(path.tenants.version_text(name, version))
    if text is None:
        return None
    try:
        return compile_snapshot(parse_document(text, name), tenant, version)
    except ConfigurationError:
        # Written by a version of ours whose words this one does not know.
        return None
