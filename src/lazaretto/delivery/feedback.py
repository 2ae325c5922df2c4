"""How many connections a destination gets, learnt from how it behaves.

Like Postfix's scheduler it starts in the middle, adds one when as many deliveries as there are
connections went well, and takes half away at a failure.  A destination that fails several times in
a row is dead: it is left alone for a while and then called by one copy alone, so that a dead
customer costs one probe and not a thousand.

Times are seconds of a monotonic clock: a wall clock that jumps must not silence a destination.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_MOST_DOUBLINGS = 3
LONGEST_PAUSE = 2**_MOST_DOUBLINGS
"""How many times ``dead_time`` a destination is left alone at most."""
_OWN_COUNTS_FOR = 300.0
"""Seconds for which a success of our own is believed against what others say."""


@dataclass(slots=True, kw_only=True)
class Feedback:
    """What is known about one destination."""

    initial: int
    most: int
    probes_before_dead: int
    probe_delay: float
    dead_time: float
    failures: int = 0
    """Failures in a row."""
    quiet_until: float = 0.0
    """No connection is opened before."""
    is_hearsay: bool = False
    """The failures are what others said; nobody here was turned away."""
    succeeded_at: float = -math.inf
    _allowed: float = 0.0

    def __post_init__(self) -> None:
        self._allowed = float(min(self.initial, self.most))

    @property
    def connections(self) -> int:
        """How many connections it may have; one while it fails."""
        return 1 if self.failures else max(1, int(self._allowed))

    @property
    def is_dead(self) -> bool:
        """Tell whether enough attempts failed to leave it alone."""
        return self.failures >= self.probes_before_dead

    def is_quiet(self, now: float) -> bool:
        """Tell whether no connection is to be opened at ``now``."""
        return now < self.quiet_until

    def succeeded(self, now: float) -> None:
        """Note that the destination was reached and took part in a transaction."""
        self.failures = 0
        self.quiet_until = 0.0
        self.is_hearsay = False
        self.succeeded_at = now
        self._allowed = min(float(self.most), self._allowed + 1 / self._allowed)

    def failed(self, now: float) -> None:
        """Note that it could not be reached, or sent us away; several at once count as one."""
        if self.is_quiet(now):
            return
        self.failures += 1
        self.is_hearsay = False
        self._allowed = max(1.0, self._allowed / 2)
        self.quiet_until = now + self._pause()

    def _pause(self) -> float:
        beyond = self.failures - self.probes_before_dead
        if beyond >= 0:
            return self.dead_time * float(2 ** min(beyond, _MOST_DOUBLINGS))
        return self.probe_delay * float(2 ** min(self.failures - 1, _MOST_DOUBLINGS))

    def heard(self, failures: int, seconds: float, now: float) -> None:
        """Take over what others say: left alone for ``seconds``, or not (0 failures).

        Own experience counts for more: failures as long as they last, a success for some minutes.  When it
        is not left alone any more, one connection tries before the others.
        """
        if not self.is_hearsay and (self.failures or now - self.succeeded_at < _OWN_COUNTS_FOR):
            return
        self.is_hearsay = self.is_hearsay or failures > 0
        self.failures = failures or min(self.failures, 1)
        self.quiet_until = now + seconds if failures else 0.0
