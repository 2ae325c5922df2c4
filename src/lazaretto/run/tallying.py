"""An edge's counts of what senders sent, shared with other edges and kept over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.edge.gates.tally import Tally, since
from lazaretto.spool.tallies import Tallies

log = structlog.get_logger(__name__)

SHARE_EVERY: Final = 1.0
"""Seconds; a crash forgets what was counted since."""


class SharedTallies:
    """Hands over what each tally counted and teaches it what all counted; every subject is of one tally."""

    def __init__(self, tallies: Sequence[Tally], store: Tallies) -> None:
        self._tallies = tallies
        self._store = store

    async def begin(self) -> None:
        """Learn what was counted before; an edge that cannot begins anew."""
        try:
            known = await self._store.read(since(datetime.now(UTC)))
        except LazarettoError as failure:
            log.warning("counts of senders are not known", problem=str(failure))
            return
        for tally in self._tallies:
            tally.learn([each for each in known if each.subject.startswith(tally.subjects)])

    async def keep(self) -> None:
        """Share again and again, until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(SHARE_EVERY)
                await self.share()
        finally:
            await asyncio.shield(self.share())

    async def share(self) -> None:
        """Share once; what cannot be shared now is shared later."""
        for tally in self._tallies:
            counted = tally.hand_over()
            if not counted:
                continue
            try:
                tally.learn(await self._store.share(counted, since(datetime.now(UTC))))
            except LazarettoError as failure:
                tally.take_back(counted)
                log.warning("counts of senders are not shared", problem=str(failure))
