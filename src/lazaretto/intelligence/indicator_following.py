"""The indicators in force, in the memory of every process that asks for looks."""

from __future__ import annotations

from datetime import UTC, datetime

from lazaretto.core.envelope import Direction
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import Indicator, IndicatorAction, IndicatorKind
from lazaretto.intelligence.following import Connection, rows

_BOTH = (Direction.INBOUND, Direction.OUTBOUND)


class IndicatorSubject:
    """Follows everybody's indicators."""

    name = "indicator"

    def __init__(self) -> None:
        self.revision = 0
        """Counts up with each load; tells readers that they must build theirs anew."""
        self._everywhere: tuple[Indicator, ...] = ()
        self._by_tenant: dict[TenantId, tuple[Indicator, ...]] = {}

    def of(self, tenant: TenantId) -> tuple[Indicator, ...]:
        """Return what counts for ``tenant``: its own entries before the operator's."""
        return self._by_tenant.get(tenant, ()) + self._everywhere

    async def load(self, connection: Connection) -> None:
        """Load all that have not ended; whether one has is asked again for each message."""
        found: dict[TenantId | None, list[Indicator]] = {}
        for number, tenant, kind, value, action, direction, expires_at in await rows(
            connection, "indicators_in_force", {"now": datetime.now(UTC)}
        ):
            entry = Indicator(
                id=number,
                kind=IndicatorKind(kind),
                value=value,
                action=IndicatorAction(action),
                directions=_BOTH if direction == "both" else (Direction(direction),),
                expires_at=expires_at,
            )
            found.setdefault(None if tenant is None else TenantId(tenant), []).append(entry)
        self._everywhere = tuple(found.pop(None, ()))
        self._by_tenant = {tenant: tuple(entries) for tenant, entries in found.items() if tenant is not None}
        self.revision += 1

    async def tick(self, connection: Connection) -> None:
        """Nothing is due by the second."""
