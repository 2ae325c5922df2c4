"""A conviction that could not be written is no conviction that was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.indicators import IndicatorKind
from lazaretto.db.pool import Pool
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.journal.late_matching import BadTrait, LateMatch
from lazaretto.run.retro import RetroScan

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TRAIT = BadTrait(IndicatorKind.ATTACHMENT_SHA256, "ab" * 32, "a list")


class _Scan(RetroScan):
    """Finds one message each time; writing fails the first time."""

    def __init__(self) -> None:
        super().__init__(cast(Pool, None), cast(Pool, None), cast(Pool, None), cast(BundleFolder, None))
        match = cast(LateMatch, SimpleNamespace(tenant=1, message=uuid4(), trait=TRAIT))
        self.attempts = 0
        self.told: list[LateMatch] = []

        async def nothing(*_: object) -> Any:
            return frozenset()

        async def found(*_: object) -> list[LateMatch]:
            return [match]

        async def position() -> dict[str, Any]:
            return {}

        self._indicators = cast(Any, SimpleNamespace(allowed=nothing, count_hits=nothing))
        self._matcher = cast(Any, SimpleNamespace(matches=found))
        self._progress = cast(Any, SimpleNamespace(read=position, note=nothing))

    async def _new_traits(
        self, position: dict[str, Any], now: datetime
    ) -> tuple[list[BadTrait], dict[str, Any]]:
        return [TRAIT], position

    async def _tell(self, matches: Sequence[LateMatch], now: datetime) -> None:
        self.attempts += 1
        if self.attempts == 1:
            raise TemporaryFailure("the database is away")
        self.told += matches


async def test_what_could_not_be_told_is_told_the_next_time_and_then_no_more() -> None:
    scan = _Scan()
    with pytest.raises(TemporaryFailure):
        await scan.look_once(NOW)

    convicted = [await scan.look_once(NOW), await scan.look_once(NOW)]

    assert (convicted, len(scan.told)) == ([1, 0], 1)
