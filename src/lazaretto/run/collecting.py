"""The garbage collector of a process that serves: it need not look again at what the start left behind.

Modules, rules and settings live as long as the process.  Looking for garbage among them costs some
hundredths of all CPU time, and in forked workers it copies pages that would else be shared.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 5_000
"""New objects that make the collector look; a message at work is some thousand of them."""


def spare_what_stays() -> None:
    """Leave everything that exists now out of all collections to come."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
