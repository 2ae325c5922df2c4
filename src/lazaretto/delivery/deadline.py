"""The end of a whole phase of a conversation."""

from __future__ import annotations

import time


class Deadline:
    """The end of a whole phase, so that a tarpit cannot use up each step's time in turn."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def at_most(self, seconds: float) -> float:
        """Return ``seconds``, or what is left of the phase where that is less."""
        return min(seconds, max(0.0, self._end - time.monotonic()))
