"""Destinations and hosts that do not answer: told to other deliver processes, and kept over a restart.

Each process learns by itself; what it learns of the dead is shared every few seconds.  What others say
counts only where there is no experience of one's own: a machine whose own network is broken finds
everybody dead, and must not silence those who get through.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import SILENCES_KEPT, Silence
from lazaretto.delivery.seams import Clock

log = logging.getLogger(__name__)

_LONGEST_NAME: Final = 200
Heard = Callable[[str, int, float], None]
"""Told of a name: how often it failed, and for how many seconds from now it is to be left alone."""


class SilenceStore(Protocol):
    """Where processes meet."""

    async def share(self, changed: Sequence[Silence], now: datetime) -> Sequence[Silence]:
        """Write ``changed``, of which those without failures are over; return all that last at ``now``."""


class Silences:
    """One process's part; without a store nothing is told and nothing heard."""

    def __init__(self, store: SilenceStore | None, clock: Clock, longest: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._longest = longest
        self._changed: dict[str, Silence] = {}
        self._known: dict[str, Silence] = {}
        self._told: dict[str, datetime] = {}
        """Until when the silences last that we told of; the store has them also when their time is over."""

    def began(self, name: str, failures: int, seconds: float) -> None:
        """Tell that ``name`` does not answer and is left alone for ``seconds``."""
        if self._store is not None:
            name = _short(name)
            until = self._told[name] = self._clock() + timedelta(seconds=seconds)
            self._changed[name] = self._known[name] = Silence(name=name, failures=failures, until=until)

    def ended(self, name: str) -> None:
        """Tell that ``name`` answers, if somebody believes that it does not."""
        name = _short(name)
        if self._known.pop(name, None) is not None or name in self._told:
            self._told.pop(name, None)
            self._changed[name] = Silence(name=name, failures=0, until=self._clock())

    def of(self, name: str) -> tuple[int, float]:
        """Return how often ``name`` failed and for how many seconds it is left alone; zeros if it is not."""
        known = self._known.get(_short(name))
        if known is None:
            return 0, 0.0
        # A clock that jumped must not silence anybody for longer than we ever would.
        seconds = min(known.until - self._clock(), self._longest).total_seconds()
        return (known.failures, seconds) if seconds > 0 else (0, 0.0)

    async def share(self) -> None:
        """Tell what changed, and hear what others know; what cannot be told now is told later."""
        if self._store is None:
            return
        changed, self._changed = self._changed, {}
        now = self._clock()
        self._told = {name: until for name, until in self._told.items() if until > now - SILENCES_KEPT}
        try:
            known = await self._store.share(list(changed.values()), now)
        except (LazarettoError, asyncio.CancelledError) as failure:
            self._changed = {**changed, **self._changed}
            if isinstance(failure, asyncio.CancelledError):
                raise
            log.warning("silences are not shared", extra={"reason": str(failure)})
            return
        self._known = {each.name: each for each in known}
        for name, silence in self._changed.items():
            # What was learnt meanwhile is newer.
            if silence.failures:
                self._known[name] = silence
            else:
                self._known.pop(name, None)

    async def share_forever(self, interval: timedelta, heard: Callable[[], None]) -> None:
        """Share every ``interval`` and say so to ``heard``, until cancelled."""
        while self._store is not None:
            await self.share()
            heard()
            await asyncio.sleep(interval.total_seconds())


def _short(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
