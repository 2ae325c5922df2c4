"""Whether the clock can be believed when it says that something is old enough to be deleted for good.

A clock that jumps ahead (a wrong time server, a restored machine) would make everything look expired.
What passed by the wall clock is compared with what passed by the machine's own counter, which never
jumps; after a jump nothing is deleted until the clock has been steady for a day, time for somebody to
see the warning and to put it right.  Deleting a day late harms nobody.

A counter begins anew with its process.  So the last moment that was believed is kept in a file, and a start
at which the clock is before it, or more than a day after it, is taken for a jump as well: that may have been
a long rest, and then the deleting begins a day later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lazaretto.files.placing import replace_durably

JUMP: Final = timedelta(hours=1)
"""A difference that no correction of a running clock makes."""
STEADY_FOR: Final = timedelta(days=1)
REST: Final = timedelta(days=1)
"""Longer than this no machine is expected to stand still."""
_REMEMBER_EVERY: Final = timedelta(minutes=10)


class SteadyClock:
    """Watches the wall clock beside a counter that never jumps."""

    def __init__(self, counter: Callable[[], float] = time.monotonic, memory: Path | None = None) -> None:
        """Watch by ``counter``; ``memory`` is a file that outlives the process."""
        self._counter = counter
        self._memory = memory
        self._last: tuple[datetime, float] | None = None
        self._distrusted_until: float | None = None
        self._noted: datetime | None = None

    def believes(self, now: datetime) -> bool:
        """Tell whether ``now`` may be gone by; call it each time before something is deleted for its age."""
        count = self._counter()
        if self._has_jumped(now, count):
            self._distrusted_until = count + STEADY_FOR.total_seconds()
        self._last = (now, count)
        is_believed = self._distrusted_until is None or count >= self._distrusted_until
        if is_believed:
            self._remember(now)
        return is_believed

    def _has_jumped(self, now: datetime, count: float) -> bool:
        if self._last is None:
            before = self._remembered()
            return before is not None and not -JUMP <= now - before <= REST
        passed = now - self._last[0]
        return abs(passed - timedelta(seconds=count - self._last[1])) > JUMP

    def _remembered(self) -> datetime | None:
        try:
            text = self._memory.read_text(encoding="ascii") if self._memory else ""
            return datetime.fromisoformat(text).astimezone(UTC) if text else None
        except (OSError, ValueError):
            return None

    def _remember(self, now: datetime) -> None:
        if self._memory is None or (self._noted and abs(now - self._noted) < _REMEMBER_EVERY):
            return
        with suppress(OSError):
            replace_durably(self._memory, now.isoformat().encode())
            self._noted = now
