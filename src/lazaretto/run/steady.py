"""Whether the clock can be believed when it says that something is old enough to be deleted for good.

A clock that jumps ahead (a wrong time server, a restored machine) would make everything look expired.
What passed by the wall clock is compared with what passed by the machine's own counter, which never
jumps; after a jump nothing is deleted until the clock has been steady for a day, time for somebody to
see the warning and to put it right.  Deleting a day late harms nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

JUMP: Final = timedelta(hours=1)
"""A difference that no correction of a running clock makes."""
STEADY_FOR: Final = timedelta(days=1)


class SteadyClock:
    """Watches the wall clock beside a counter that never jumps."""

    def __init__(self, counter: Callable[[], float] = time.monotonic) -> None:
        self._counter = counter
        self._last: tuple[datetime, float] | None = None
        self._distrusted_until: float | None = None

    def believes(self, now: datetime) -> bool:
        """Tell whether ``now`` may be gone by; call it each time before something is deleted for its age."""
        count = self._counter()
        if self._last is not None:
            passed = now - self._last[0]
            if abs(passed - timedelta(seconds=count - self._last[1])) > JUMP:
                self._distrusted_until = count + STEADY_FOR.total_seconds()
        self._last = (now, count)
        return self._distrusted_until is None or count >= self._distrusted_until
