"""What indicators were found in, counted from the story of each message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.intelligence.indicator_store import Hits, IndicatorStore
from lazaretto.journal.outbox import OutboxEvent

log = structlog.get_logger(__name__)
_NUMBER: Final = re.compile(r"#(\d{1,18}) ")


class HitCounter:
    """Counts; a failure to count keeps nobody from anything."""

    def __init__(self, store: IndicatorStore) -> None:
        self._store = store

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Count what ``events`` say of indicators."""
        hits = hits_in(events)
        if not hits:
            return
        try:
            await self._store.count_hits(hits)
        except LazarettoError as failure:
            log.warning("hits of indicators not counted", problem=str(failure))


def hits_in(events: Iterable[OutboxEvent]) -> list[Hits]:
    """Return how often, and when last, each indicator was found."""
    times: dict[int, int] = {}
    last: dict[int, datetime] = {}
    for event in events:
        if event.kind is not EventKind.SCANNED:
            continue
        for number in _numbers_in(event):
            times[number] = times.get(number, 0) + 1
            last[number] = max(event.at, last.get(number, event.at))
    return [Hits(number, times[number], last[number]) for number in sorted(times)]


def _numbers_in(event: OutboxEvent) -> set[int]:
    """Return the entries that were found in one message, each once, however many people it is about."""
    matches = (
        _NUMBER.match(finding.get("evidence", ""))
        for finding in event.details.get("findings", ())
        if finding.get("symbol", "").startswith("INDICATOR_")
    )
    return {int(match[1]) for match in matches if match}
