"""How often people are told: a flood of oversize mail must not become a flood of notices."""

from __future__ import annotations

from collections import Counter
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.identity import TenantId

_HOUR: Final = 3_600.0


class NoticeRate:
    """Once per tenant, sender and hour, and so many per tenant and hour; memory is bounded by these."""

    def __init__(self, per_tenant: int) -> None:
        self._per_tenant = per_tenant
        self._hour_began = 0.0
        self._told: set[tuple[TenantId, str]] = set()
        self._tenants: Counter[TenantId] = Counter()

    def allow(self, tenant: TenantId, sender: str, now: float) -> bool:
        """Tell whether people of ``tenant`` may be told about ``sender`` now, and remember that they are."""
        if now - self._hour_began >= _HOUR:
            self._hour_began = now
            self._told.clear()
            self._tenants.clear()
        key = (tenant, fold(sender))
        if key in self._told or self._tenants[tenant] >= self._per_tenant:
            return False
        self._told.add(key)
        self._tenants[tenant] += 1
        return True
