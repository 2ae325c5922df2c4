"""Limits that people set for a destination: connections at a time, messages per minute.

They hold besides what a destination teaches by its behaviour (``feedback``), and only where somebody
set one: all others cost nothing here.  Messages are spaced evenly, so that no burst comes with the
minute.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one destination gets at a time; 0 = as much as it takes."""

    key: str
    connections: int = 0
    per_minute: int = 0


class Place:
    """The right to one connection; given back once, however often ``leave`` is called."""

    __slots__ = ("_places",)

    def __init__(self, places: asyncio.Semaphore | None) -> None:
        self._places = places

    def leave(self) -> None:
        """Let another connection take the place."""
        places, self._places = self._places, None
        if places is not None:
            places.release()


class Pacing:
    """Keeps the limits of all destinations of a process."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._next_turn: dict[str, float] = {}

    async def place(self, limits: Limits) -> Place:
        """Return a place for a connection as soon as there is one."""
        if not limits.connections:
            return Place(None)
        # A limit that was changed has places of its own; connections under the old one run out.
        key = (limits.key, limits.connections)
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = asyncio.Semaphore(limits.connections)
        await places.acquire()
        return Place(places)

    async def turn(self, limits: Limits) -> None:
        """Return when another message may go."""
        if not limits.per_minute:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_turn.get(limits.key, 0.0))
        self._next_turn[limits.key] = at + 60.0 / limits.per_minute
        if at > now:
            await asyncio.sleep(at - now)
