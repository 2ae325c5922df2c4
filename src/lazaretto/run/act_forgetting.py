"""What of the audit is over, tenant by tenant."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.journal.audit_age import kept_since
from lazaretto.journal.auditing import AuditLog, BrokenChain
from lazaretto.run.steady import SteadyClock
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.store import TenantStore

log = structlog.get_logger(__name__)


class ActForgetter:
    """Removes what every chain kept for as long as platform or contract say."""

    def __init__(self, control: Pool, tenants: TenantStore, usual: int, clock: SteadyClock) -> None:
        """``usual`` is the months of every chain whose tenant's contract says no other number."""
        self._audit = AuditLog(control)
        self._tenants = tenants
        self._usual = usual
        self._clock = clock
        self._read: dict[TenantId, tuple[int, int]] = {}
        """The version of each tenant's document that was read last, and the months that it says."""

    async def work(self, now: datetime) -> None:
        """Forget what is old at ``now``, unless the clock has jumped to it."""
        if not self._clock.believes(now):
            log.error("the clock jumped; no act is forgotten until it has been steady for a day")
            return
        months = await self._said()
        for chain in await self._audit.chains():
            # The operator's own chain, and those of tenants that are gone, are kept as is usual.
            span = months.get(chain, self._usual)
            if span is not None:
                await self._forget(chain, span, now)

    async def _said(self) -> dict[TenantId, int | None]:
        """Return the months of each tenant; None where its document cannot be read: nothing goes."""
        said: dict[TenantId, int | None] = {}
        for name, state in (await self._tenants.states()).items():
            version, months = self._read.get(state.tenant, (0, self._usual))
            try:
                if version != state.version:
                    version, text = await self._tenants.in_force(name)
                    months = Contract.of(parse_document(text, name)).audit_months or self._usual
                    self._read[state.tenant] = (version, months)
                said[state.tenant] = months
            except ConfigurationError as failure:
                log.warning("no act of a tenant is forgotten", tenant=name, problem=str(failure))
                said[state.tenant] = None
        return said

    async def _forget(self, chain: TenantId, months: int, now: datetime) -> None:
        try:
            forgotten = await self._audit.forget(chain, kept_since(now, months), now.astimezone(UTC))
        except BrokenChain as failure:
            log.error(
                "nothing of this audit is forgotten: it does not hold", tenant=chain, problem=str(failure)
            )
            return
        if forgotten:
            log.info("acts forgotten", tenant=chain, entries=forgotten)
