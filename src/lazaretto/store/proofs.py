"""Whether a tenant may receive for a domain: somebody proved in the DNS that it is the tenant's."""

from __future__ import annotations

from lazaretto.store.rows.models import Claim
from lazaretto.store.scope import Area, Forbidden, Right, Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.services.contract import Contract


def demand_proven(scope: Scope, before: TenantDocument, after: TenantDocument) -> None:
    """Raise ``Forbidden`` where ``after`` adds an unproven domain, or more domains than were ordered.

    The operator, who takes orders by other ways, needs neither.
    """
    added = after.domains.keys() - before.domains.keys()
    if not added or scope.allows(Area.TENANTS, Right.EDIT):
        return
    ordered = Contract.of(before).domains
    if len(after.domains) > ordered:
        raise Forbidden(f"{ordered} domains were ordered; {len(after.domains)} would be used")
    claims = Claim.objects.filter(tenant=scope.of_tenant, domain__in=added, proven_at__isnull=False)
    if missing := sorted(added - {each.domain for each in claims}):
        raise Forbidden(f"nothing in the DNS proves that {', '.join(missing)} is yours; claim it first")
