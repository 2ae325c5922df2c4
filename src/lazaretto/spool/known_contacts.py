"""What a process remembers of acquaintances found, so that who writes often is not asked about each time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from lazaretto.core.identity import TenantId

MOST: Final = 32_768
"""Keys remembered; with these a process spends some ten megabytes."""
AGAIN_AFTER: Final = 3600.0
"""Seconds after which one who is known by one of two keys is asked about again, for the other one."""


class KnownContacts:
    """Keys of tenants that were found in the table, the least recently used forgotten first.

    Only what exists is remembered, never that something does not: a stranger is asked about each time.
    What was found is true until the day ends, as keys are forgotten by day only.
    """

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._day = date.min
        self._found: OrderedDict[tuple[TenantId, int], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def remember(self, tenant: TenantId, keys: Iterable[int], today: date) -> None:
        """Remember that ``tenant`` has ``keys`` on ``today``."""
        self._turn_to(today)
        now = self._clock()
        for key in keys:
            self._found[tenant, key] = now
            self._found.move_to_end((tenant, key))
        while len(self._found) > self._most:
            self._found.popitem(last=False)

    def recall(self, tenant: TenantId, pairs: Iterable[tuple[int, int]], today: date) -> list[int] | None:
        """Return the keys that ``tenant`` is known to have, or None where the table must be asked.

        Of each pair the first is the key of one who is known whoever vouches for it, the second that of
        one who is known where somebody vouches.  The first is enough; with the second alone the first
        may exist by now, so that is good for ``AGAIN_AFTER`` only.
        """
        self._turn_to(today)
        fresh = self._clock() - AGAIN_AFTER
        known: list[int] = []
        for claimed, vouched in pairs:
            has_claimed, since = (tenant, claimed) in self._found, self._found.get((tenant, vouched))
            if not has_claimed and (since is None or since <= fresh):
                return None
            known += [claimed] * has_claimed + [vouched] * (since is not None)
        for key in known:
            self._found.move_to_end((tenant, key))
        return known

    def _turn_to(self, today: date) -> None:
        # A message of yesterday that is looked at late takes nothing away from those of today.
        if today > self._day:
            self._day = today
            self._found.clear()
