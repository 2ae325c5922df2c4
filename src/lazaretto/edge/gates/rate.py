"""How much a tenant sends outwards: a stolen mailbox or a looping script is slowed, not served.

Counted per node and by the hour, in recipients; the null reverse path is a sender like any other.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.identity import TenantId

_HOUR: Final = 3_600.0


class OutboundRates:
    """Recipients of this hour, by tenant and by sender; memory is bounded by what may be sent."""

    def __init__(self, per_sender: int, per_tenant: int) -> None:
        self._per_sender = per_sender
        self._per_tenant = per_tenant
        self._hour_began = 0.0
        self._senders: Counter[tuple[TenantId, str]] = Counter()
        self._tenants: Counter[TenantId] = Counter()

    def allow(self, tenant: TenantId, reverse_path: str, now: float) -> bool:
        """Count one more recipient and tell True, or tell False and count nothing."""
        if now - self._hour_began >= _HOUR:
            self._hour_began = now
            self._senders.clear()
            self._tenants.clear()
        sender = (tenant, fold(reverse_path))
        if self._tenants[tenant] >= self._per_tenant or self._senders[sender] >= self._per_sender:
            return False
        self._tenants[tenant] += 1
        self._senders[sender] += 1
        return True
