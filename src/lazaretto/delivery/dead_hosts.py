"""Hosts that did not answer lately: others of the same destination are called before them."""

from __future__ import annotations

import time
from datetime import timedelta

from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.seams import utc_now
from lazaretto.delivery.silences import Silences

_MOST_REMEMBERED = 10_000


class DeadHosts:
    """Remembers for a while which hosts did not answer, and what other processes say of them."""

    def __init__(self, seconds: float, silences: Silences | None = None) -> None:
        self._seconds = seconds
        self._silences = silences or Silences(None, utc_now, timedelta(0))
        self._until: dict[str, float] = {}

    def note(self, hop: NextHop) -> None:
        """Remember that ``hop`` did not answer."""
        if len(self._until) >= _MOST_REMEMBERED:
            self._until.clear()
        self._until[hop.key] = time.monotonic() + self._seconds
        self._silences.began(_name(hop), 1, self._seconds)

    def note_alive(self, hop: NextHop) -> None:
        """Remember that ``hop`` answered."""
        self._until.pop(hop.key, None)
        self._silences.ended(_name(hop))

    def last(self, hops: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
        """Return ``hops`` with those that are remembered moved behind the others."""
        return tuple(sorted(hops, key=self._is_dead))

    def _is_dead(self, hop: NextHop) -> bool:
        failures, _ = self._silences.of(_name(hop))
        return failures > 0 or self._until.get(hop.key, 0.0) > time.monotonic()


def _name(hop: NextHop) -> str:
    return f"host {hop.key}"
