"""After malware was found: its files are remembered for all tenants, and people are told.

Reads the malware events in their order and notes how far it has come, so that nothing is forgotten
when a process dies; an alert's id is made of what it is about, so that twice is once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.core.malware_event import MalwareEvent
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.pool import Pool
from lazaretto.intelligence.digest_store import DigestStore, MaliciousFile
from lazaretto.journal.late_matching import Progress
from lazaretto.journal.malware_events import MalwareEvents
from lazaretto.run.malware_alerts import AlertLimit, alerts

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
BATCH: Final = 200
SMALLEST: Final = 64
"""Octets below which a file is remembered for nobody: an empty file convicts half the world."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

Send = Callable[[ComposedMessage], Awaitable[None]]


class Aftermath:
    """Draws the consequences of malware events, each at least once."""

    def __init__(
        self,
        trace: Pool,
        digests: DigestStore,
        snapshot_of: Callable[[TenantId], TenantSnapshot | None],
        send: Send,
        host_name: str,
        pages: str = "",
    ) -> None:
        """``pages`` is what addresses of the portals begin with; empty where there are none."""
        self._events = MalwareEvents(trace)
        self._progress = Progress(trace, "aftermath")
        self._digests = digests
        self._snapshot_of = snapshot_of
        self._send = send
        self._host_name = host_name
        self._pages = pages

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            async with self._progress.alone() as alone:
                busy = await self.look_once(datetime.now(UTC)) if alone else 0
            if not busy:
                await asyncio.sleep(LOOK_EVERY)

    async def look_once(self, now: datetime) -> int:
        """Deal with the events that are new, at most a batch; return how many there were."""
        position = await self._progress.read()
        after, limit = int(position.get("number", 0)), AlertLimit(position.get("sent"))
        count = 0
        async for number, values in self._events.since(None, _BEGINNING, after=after, limit=BATCH):
            await self._deal_with(values, now, limit)
            after, count = number, count + 1
        if count:
            await self._progress.note({"number": after, "sent": limit.kept(now)})
        return count

    async def _deal_with(self, values: dict[str, Any], now: datetime, limit: AlertLimit) -> None:
        try:
            event = msgspec.convert(values, MalwareEvent)
        except msgspec.MsgspecError as failure:
            # An event of another version of this program must not hold up all others.
            log.error("malware event unreadable", problem=str(failure))
            return
        await self._digests.learn(tuple(malicious_files(event)), now)
        snapshot = self._snapshot_of(TenantId(event.lazaretto.tenant))
        if snapshot is None:
            return
        for alert in alerts(event, snapshot, now, self._host_name, self._pages):
            if not limit.allows(alert, snapshot, now):
                continue
            try:
                await self._send(alert)
            except LazarettoError as failure:
                log.warning("alert not sent", tenant=alert.tenant, problem=str(failure))


def malicious_files(event: MalwareEvent) -> Iterator[MaliciousFile]:
    """Yield the files that convicted the message, at once and by themselves."""
    ours = event.lazaretto
    if ours.late or ours.remediation not in ("quarantined", "deleted", "refused"):
        return
    for incident in event.incidents:
        for node in incident.files_and_links:
            if (
                node.sha256
                and node.file_size >= SMALLEST
                and not incident.detection_method.startswith("DIGEST_")
            ):
                yield MaliciousFile(node.sha256, node.malware_name[:200], node.similarity)
