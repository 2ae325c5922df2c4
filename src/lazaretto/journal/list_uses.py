"""Uses of the entries of lists of senders, counted from the story of each message.

In batches, as stories are shipped to the trace: the look itself writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.journal.outbox import OutboxEvent

log = structlog.get_logger(__name__)

_PACKAGE: Final = "lazaretto.journal"
COUNTED: Final = frozenset(
    {
        "SENDER_BLOCKED_ADDRESS",
        "SENDER_BLOCKED_IP",
        "SENDER_BLOCKED_BY_USER",
        "SENDER_APPROVED_ADDRESS",
        "SENDER_APPROVED_IP",
        "SENDER_APPROVED_BY_USER",
    }
)
"""Findings that an entry counted; one that nothing proves did not."""


@dataclass(frozen=True, slots=True)
class Use:
    """How often an entry counted, and when last."""

    symbol: str
    entry: str
    mailbox: str
    """Whose own list it is; empty = the tenant's."""
    hits: int
    last_used: datetime


class ListUses:
    """Uses in table ``sender_list_use`` of the trace."""

    def __init__(self, trace: Pool) -> None:
        self._pool = trace

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Count what ``events`` say; a failure to count keeps nobody from anything."""
        uses = uses_in(events)
        if not uses:
            return
        try:
            async with self._pool.transaction() as connection:
                parameters = {"uses": json_text(uses).decode()}
                await connection.execute(query(_PACKAGE, "add_list_uses"), parameters)
        except LazarettoError as failure:
            log.warning("uses of sender lists not counted", problem=str(failure))

    async def of(self, tenant: TenantId) -> list[Use]:
        """Return the uses of the entries of ``tenant``, those of removed entries included."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "read_list_uses"), {"tenant": tenant})
            return [Use(*row) for row in await cursor.fetchall()]


def uses_in(events: Iterable[OutboxEvent]) -> list[dict[str, Any]]:
    """Return what is added for ``events``, in one order on every node: equal entries once."""
    hits: dict[tuple[int, str, str, str], int] = {}
    last: dict[tuple[int, str, str, str], datetime] = {}
    for event in events:
        if event.kind is not EventKind.SCANNED:
            continue
        for finding in event.details.get("findings") or ():
            symbol, entry = str(finding.get("symbol")), str(finding.get("evidence") or "")
            if symbol in COUNTED and entry:
                key = (event.tenant, symbol, entry, str(finding.get("recipient") or ""))
                hits[key] = hits.get(key, 0) + 1
                last[key] = max(event.at, last.get(key, event.at))
    return [
        {
            "tenant": key[0],
            "symbol": key[1],
            "entry": key[2],
            "mailbox": key[3],
            "hits": hits[key],
            "last_used": last[key],
        }
        for key in sorted(hits)
    ]
