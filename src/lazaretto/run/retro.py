"""Retro-scan: what becomes known to be bad is looked for in the mail that was let through before.

When indicators, shared digests or the bundle change, delivered mail of the last thirty days is
matched by its kept traits.  Each message that is convicted so gets one event with those who have it:
whatever else speaks against it later tells nobody anything.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from lazaretto.core.indicators import IndicatorKind
from lazaretto.core.url_entries import entries_about
from lazaretto.db.pool import Pool
from lazaretto.detect.malware.hash_list import read_list
from lazaretto.detect.malware.url_list import entries_of, is_sum
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.intelligence.digest_store import DigestStore
from lazaretto.intelligence.indicator_store import BOTH, Hits, IndicatorStore
from lazaretto.journal.late_matching import BadTrait, LateMatch, LateMatcher, Progress
from lazaretto.run.late_events import late_event
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.rows import event_row

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 1.0
WINDOW: Final = timedelta(days=30)
BATCH: Final = 200
DIGESTS_AT_ONCE: Final = 10_000
_ON_THE_WAY: Final = timedelta(hours=1)
"""After this an event that was written has reached the trace."""
_BEGINNING: Final = "1970-01-01T00:00:00+00:00"


class RetroScan:
    """Follows what becomes known, and tells of the mail that it convicts."""

    def __init__(self, spool: Pool, trace: Pool, control: Pool, bundles: BundleFolder) -> None:
        self._spool = spool
        self._indicators = IndicatorStore(control)
        self._digests = DigestStore(control)
        self._bundles = bundles
        self._matcher = LateMatcher(trace)
        self._progress = Progress(trace, "retro-scan")
        self._just_told: dict[tuple[int, UUID], datetime] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            async with self._progress.alone() as alone:
                if alone:
                    await self.look_once(datetime.now(UTC))
            await asyncio.sleep(LOOK_EVERY)

    async def look_once(self, now: datetime) -> int:
        """Match what is new since the last time; return how many messages were convicted."""
        position = await self._progress.read()
        traits, reached = await self._new_traits(position, now)
        count = 0
        if traits:
            allowed = await self._indicators.allowed(now)
            found = await self._matcher.matches(traits, now - WINDOW)
            bad = [each for each in found if not is_vouched_for(each.trait, each.tenant, allowed)]
            matches = self._one_each(bad, now)
            for start in range(0, len(matches), BATCH):
                told = matches[start : start + BATCH]
                await self._tell(told, now)
                # Not before: what could not be written is to be told the next time.
                self._just_told |= {(each.tenant, each.message): now for each in told}
            await self._indicators.count_hits(hits_of(bad, now))
            count = len(matches)
            log.info("retro-scan", traits=len(traits), convicted=count)
        if reached != position:
            await self._progress.note(reached)
        return count

    def _one_each(self, matches: Sequence[LateMatch], now: datetime) -> list[LateMatch]:
        """Return one match for each message, and none whose event is on its way to the trace."""
        self._just_told = {key: at for key, at in self._just_told.items() if now - at < _ON_THE_WAY}
        first: dict[tuple[int, UUID], LateMatch] = {}
        for each in matches:
            key = (each.tenant, each.message)
            if key not in self._just_told:
                first.setdefault(key, each)
        return list(first.values())

    async def _new_traits(
        self, position: dict[str, Any], now: datetime
    ) -> tuple[list[BadTrait], dict[str, Any]]:
        reached = dict(position)
        traits = []
        for entry in await self._indicators.since(_since(position, "indicators"), now):
            reached["indicators"] = entry.changed_at.isoformat()
            kind = IndicatorKind(entry.kind)
            direction = "" if entry.direction == BOTH else entry.direction
            trait = BadTrait(kind, entry.value, f"indicator #{entry.id}", entry.tenant)
            traits.append(replace(trait, direction=direction, indicator=entry.id))
        for each in await self._digests.since(_since(position, "digests"), DIGESTS_AT_ONCE):
            reached["digests"] = each.first_seen.isoformat()
            cause = f"shared digest {each.sha256[:16]} {each.name}"
            traits.append(BadTrait(IndicatorKind.ATTACHMENT_SHA256, each.sha256, cause, name=each.name))
        traits += self._of_bundle(position, reached)
        return traits, reached

    def _of_bundle(self, position: dict[str, Any], reached: dict[str, Any]) -> list[BadTrait]:
        """Return the sums of the bundle that this machine has chosen, when it is another one than before."""
        chosen = self._bundles.chosen()
        if position.get("installation", 0) == chosen.installation:
            return []
        reached["installation"] = chosen.installation
        folder = self._bundles.folder_of(chosen)
        if folder is None:
            return []
        listed: dict[bytes, str] = {}
        for file in sorted((folder / "malware" / "hashes").glob("*.txt")):
            listed |= read_list(file.read_text(encoding="utf-8", errors="replace").split("\n"))
        traits = [
            BadTrait(
                IndicatorKind.ATTACHMENT_SHA256,
                total.hex(),
                f"hash list {name or total.hex()[:16]}",
                name=name,
            )
            for total, name in listed.items()
        ]
        for file in sorted((folder / "malware" / "urls").glob("*.txt")):
            lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
            traits += [
                BadTrait(
                    IndicatorKind.URL,
                    entry,
                    f"list of addresses {each.name or entry}"[:200],
                    is_sum=is_sum(entry),
                    name=each.name,
                )
                for entry, each in entries_of(lines)
                if each.category == "malware"
            ]
        return traits

    async def _tell(self, matches: Sequence[LateMatch], now: datetime) -> None:
        stories = await self._matcher.stories(matches)
        async with self._spool.transaction() as connection:
            events = tuple(
                event_row(late_event(each, stories[each.tenant, each.message], now), each.received_at)
                for each in matches
            )
            await apply(connection, [Changes(events=events)], now)


def _since(position: dict[str, Any], subject: str) -> datetime:
    return datetime.fromisoformat(position.get(subject, _BEGINNING))


def is_vouched_for(trait: BadTrait, tenant: int, allowed: frozenset[tuple[int | None, str, str]]) -> bool:
    """Tell whether ``tenant``, or the operator, vouches for what ``trait`` calls bad, as a look would ask."""
    if trait.indicator is not None:
        return False
    values = [trait.value]
    if trait.kind is IndicatorKind.URL and not trait.is_sum:
        host, slash, path = trait.value.partition("/")
        values += entries_about(host, slash + path)
    return any((whose, trait.kind.value, each) in allowed for whose in (tenant, None) for each in values)


def hits_of(matches: Iterable[LateMatch], now: datetime) -> list[Hits]:
    """Return what each administrator's entry was found in: an entry that comes late has its hits, too."""
    counted = Counter(each.trait.indicator for each in matches if each.trait.indicator is not None)
    return [Hits(number, times, now) for number, times in counted.items()]
