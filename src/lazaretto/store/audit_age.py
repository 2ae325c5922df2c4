"""For how long recorded acts are kept."""

from __future__ import annotations

from lazaretto.store import tenancy
from lazaretto.store.given import given
from lazaretto.store.scope import Scope
from lazaretto.tenants.services.contract import Contract


def months_kept(scope: Scope) -> int:
    """Return for how many months the acts of the scope's tenant (or of the platform) are kept."""
    usual = given().keep_audit_months
    if scope.tenant is None:
        return usual
    _version, document = tenancy.document_in_force(scope)
    return Contract.of(document).audit_months or usual
