"""Whether a tenant may receive for a domain: somebody proved in the DNS that it is the tenant's."""

from __future__ import annotations

from collections.abc import Iterable

from lazaretto.store.rows.models import Claim
from lazaretto.store.scope import Area, Forbidden, Right, Scope


def demand_proven(scope: Scope, added: Iterable[str], ordered: int, used: int) -> None:
    """Raise ``Forbidden`` where a domain among ``added`` is unproven, or more than ``ordered`` are ``used``.

    The operator, who takes orders by other ways, needs neither.
    """
    names = set(added)
    if not names or scope.allows(Area.TENANTS, Right.EDIT):
        return
    if used > ordered:
        raise Forbidden(f"{ordered} domains were ordered; {used} would be used")
    claims = Claim.objects.filter(tenant=scope.of_tenant, domain__in=names, proven_at__isnull=False)
    if missing := sorted(names - {each.domain for each in claims}):
        raise Forbidden(f"nothing in the DNS proves that {', '.join(missing)} is yours; claim it first")
