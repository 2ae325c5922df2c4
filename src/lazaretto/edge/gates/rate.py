"""How much a tenant sends: a stolen mailbox or a looping script is slowed or kept back, not served.

Counted in recipients.  A tenant says how much one sender may write to, in its own house and outside,
and what happens beyond that; the operator bounds what one sender and one tenant may write outside
whatever the tenant says.  The null reverse path is no sender: it has the operator's bound alone, as a
large house sends many bounces.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lazaretto.core.excess import Excess, ExcessAction, SendingLimit
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.gates.tally import Key, Tally

SUBJECTS = ("out ", "in ", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a message comes to in one tenant's count."""

    tenant: TenantSnapshot
    sender: str
    """Folded reverse path; empty = null."""
    external: int = 0
    """Recipients outside the organisation."""
    internal: int = 0

    @property
    def outside(self) -> Key:
        """Under which its recipients outside are counted."""
        return (self.tenant.tenant, f"out {self.sender}")

    @property
    def inside(self) -> Key:
        """Under which its recipients in the organisation are counted."""
        return (self.tenant.tenant, f"in {self.sender}")

    @property
    def everybody(self) -> Key:
        """Under which all recipients outside are counted that the tenant's senders write to."""
        return (self.tenant.tenant, "all")


class SendingRates:
    """Whether more may be sent; knows what was."""

    def __init__(self, tally: Tally, *, per_sender: int, per_tenant: int) -> None:
        self._tally = tally
        self._per_sender = per_sender
        self._per_tenant = per_tenant

    def beyond_operators(self, sending: Sending, at: datetime) -> Excess | None:
        """Return the operator's bound that it would pass, whatever the tenant wants; None where none."""
        if not sending.external:
            return None
        bounds = (
            (SendingLimit.PLATFORM_SENDER, sending.outside, self._per_sender),
            (SendingLimit.PLATFORM_TENANT, sending.everybody, self._per_tenant),
        )
        for limit, key, allowed in bounds:
            counted = self._tally.in_hour(key, at) + sending.external
            if counted > allowed:
                return Excess(limit=limit, counted=counted, allowed=allowed)
        return None

    def excess(self, sending: Sending, at: datetime) -> Excess | None:
        """Return the first of the tenant's limits that it would pass; None where it passes none."""
        if not sending.sender:
            return None
        limits = sending.tenant.sending_limits
        outside, inside = sending.outside, sending.inside
        in_day = self._tally.in_day(outside, at) + self._tally.in_day(inside, at)
        passed = (
            (
                SendingLimit.EXTERNAL,
                sending.external,
                self._tally.in_hour(outside, at) + sending.external,
                limits.external_per_hour,
            ),
            (
                SendingLimit.INTERNAL,
                sending.internal,
                self._tally.in_hour(inside, at) + sending.internal,
                limits.internal_per_hour,
            ),
            (
                SendingLimit.DAY,
                sending.external + sending.internal,
                in_day + sending.external + sending.internal,
                limits.per_day,
            ),
        )
        for limit, adds, counted, allowed in passed:
            if adds and allowed and counted > allowed:
                is_held = limits.action is ExcessAction.HOLD
                return Excess(limit=limit, counted=counted, allowed=allowed, is_held=is_held)
        return None

    def count(self, sending: Sending, at: datetime, *, back: bool = False) -> None:
        """Count it, or take it ``back`` where nothing came of it."""
        sign = -1 if back else 1
        if sending.external:
            self._tally.add(sending.outside, sign * sending.external, at)
            self._tally.add(sending.everybody, sign * sending.external, at)
        if sending.internal:
            self._tally.add(sending.inside, sign * sending.internal, at)
