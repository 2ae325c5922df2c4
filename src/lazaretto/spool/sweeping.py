"""Removes what nobody can ever need: content that no row names, temporary files of long ago.

Content is stored before its row is committed, so every crash and every failed commit may leave
some behind.  Only what is older than a day, has a name of our own making and is named by no row
goes; everything else in the same folders or bucket is somebody's business, not ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from lazaretto.core.queued import ContentKind
from lazaretto.spool.content import ContentPlace
from lazaretto.spool.content_file import PART_SUFFIX, FileContent, changed_before
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.storage import storage_errors
from lazaretto.spool.temporary import remove_dead_folders

BATCH = 500


class NamedReferences(Protocol):
    """The rows that name content: messages in flight and in quarantine."""

    async def named(self, kind: ContentKind, references: Sequence[str]) -> Collection[str]:
        """Return those of ``references`` that some committed row names; raise rather than guess.

        All tables are asked in one snapshot: a row that moves from one to another is never missed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep removed."""

    orphans: int = 0
    temporary_files: int = 0
    temporary_folders: int = 0


class Sweeper:
    """Sweeps the places of content, and the temporary folders of this machine."""

    def __init__(
        self,
        temporary: Path,
        places: Sequence[ContentPlace],
        rows: NamedReferences,
        settings: ContentSettings,
    ) -> None:
        self._temporary = temporary
        self._places = places
        self._rows = rows
        self._settings = settings

    async def sweep(self, now: datetime) -> Swept:
        """Remove what is an orphan at ``now``; safe to interrupt, to repeat and to run on all nodes.

        Asks the rows about everything that is older than a day, so once a day is often enough.
        """
        moment = now - self._settings.orphan_age
        orphans = 0
        for place in self._places:
            orphans += await self._sweep_place(place, moment)
        return Swept(
            orphans=orphans,
            temporary_files=await asyncio.to_thread(remove_old_files, self._temporary, moment),
            temporary_folders=await asyncio.to_thread(remove_dead_folders, self._temporary),
        )

    async def _sweep_place(self, place: ContentPlace, moment: datetime) -> int:
        removed = 0
        batch: list[str] = []
        async for reference in place.older_than(moment):
            batch.append(reference)
            if len(batch) == BATCH:
                removed += await self._remove_orphans(place, batch)
                batch = []
        removed += await self._remove_orphans(place, batch)
        if isinstance(place, FileContent):
            await place.remove_empty_folders(moment)
        return removed

    async def _remove_orphans(self, place: ContentPlace, aged: Sequence[str]) -> int:
        if not aged:
            return 0
        whole = [reference for reference in aged if not reference.endswith(PART_SUFFIX)]
        named = set(await self._rows.named(place.kind, whole)) if whole else set()
        orphans = [reference for reference in aged if reference not in named]
        for reference in orphans:
            await place.remove(reference)
        return len(orphans)


def remove_old_files(temporary: Path, moment: datetime) -> int:
    """Remove temporary files, of whatever process, that did not change since ``moment``."""
    with storage_errors("removing temporary files"):
        aged = [path for path in temporary.glob("*/*") if path.is_file() and changed_before(path, moment)]
        for path in aged:
            path.unlink(missing_ok=True)
    return len(aged)
