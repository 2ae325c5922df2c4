"""What is wrong with looking, on every machine of the platform: rows of ``control``.

Each machine tells its own; who reads them wants to know as well when it did so last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.intelligence"
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A machine that is silent for so long is taken for one that was taken away."""
SILENT_AFTER: Final = timedelta(minutes=5)


class ToldTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, in words."""

    kind: str
    about: str
    """The rule or the detector; empty for workers."""
    count: int
    first: datetime
    last: datetime
    words: Mapping[str, str]
    """What it is and what to do, by language."""

    def in_language(self, language: str) -> str:
        """Return it in ``language``, or in English."""
        return self.words.get(language) or self.words.get("en", self.about)


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, and what it told last."""

    host: str
    seen_at: datetime
    troubles: tuple[ToldTrouble, ...]

    def is_silent(self, now: datetime) -> bool:
        """Tell whether it has not been heard of for longer than it should."""
        return now - self.seen_at > SILENT_AFTER


class MachineTroubles:
    """The troubles of one platform."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def tell(self, node: int, host: str, troubles: Sequence[ToldTrouble], now: datetime) -> None:
        """Note what is wrong on one machine at ``now``, in place of what was before."""
        parameters: dict[str, Any] = {
            "node": node,
            "host": host,
            "seen_at": now,
            "troubles": json_text(list(troubles)).decode(),
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "tell_troubles"), parameters)

    async def machines(self, now: datetime) -> Sequence[Machine]:
        """Return the machines that there are at ``now``, by name."""
        async with self._pool.connection() as connection:
            parameters = {"since": now - FORGOTTEN_AFTER}
            cursor = await connection.execute(query(_PACKAGE, "list_troubles"), parameters)
            return [
                Machine(host, seen_at, msgspec.convert(told, tuple[ToldTrouble, ...]))
                for host, seen_at, told in await cursor.fetchall()
            ]
