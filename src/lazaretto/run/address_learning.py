"""What outgoing mail teaches of a tenant's addresses, read from the story of each message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction
from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import AddressRegistration, Directory
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.tenants.learned import LearnedAddresses, gathered

log = structlog.get_logger(__name__)
_WENT_OUT = frozenset({"deliver", "redirect"})


class AddressTeacher:
    """Notes who sent mail in tenants that learn; a failure to note it keeps nobody from anything."""

    def __init__(self, learned: LearnedAddresses, directory: Directory) -> None:
        self._learned = learned
        self._directory = directory

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Note the senders of the outgoing messages among ``events``."""
        taught = gathered(taught_by(events, self._directory))
        if not taught:
            return
        try:
            await self._learned.learn(taught)
        except LazarettoError as failure:
            log.warning("addresses not learned", problem=str(failure))


def taught_by(
    events: Iterable[OutboxEvent], directory: Directory
) -> Iterator[tuple[TenantId, str, datetime]]:
    """Yield tenant, folded address and time of each outgoing message that teaches one.

    Only what was let out teaches, and only an envelope sender of the tenant's own domains.
    """
    for event in events:
        if event.kind is not EventKind.SCANNED or not _went_out(event):
            continue
        tenant = directory.by_id(TenantId(event.tenant))
        sender = str((event.details.get("facts") or {}).get("reverse_path") or "")
        if tenant is None or tenant.address_registration is not AddressRegistration.LEARN:
            continue
        folded = fold(sender) if sender else ""
        if folded and domain_of(folded) in tenant.domains and folded not in tenant.addresses:
            yield tenant.tenant, folded, event.at


def _went_out(event: OutboxEvent) -> bool:
    return any(
        copy.get("direction") == Direction.OUTBOUND.value and copy.get("disposition") in _WENT_OUT
        for copy in event.details.get("copies") or ()
    )
