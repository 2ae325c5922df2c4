"""How often one token, or one address without a token, may ask: a bucket that fills evenly.

The database counts for all processes.  Each process counts besides, so that a flood that it refuses by
itself does not reach the database.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import Final

from lazaretto.core.errors import LazarettoError
from lazaretto.store.given import given
from lazaretto.store.rates import wait_after_spending

_MOST: Final = 50_000
"""Buckets that are remembered; the least used go first, and a forgotten one is full again."""


class TooManyRequests(LazarettoError):
    """Somebody asks too often; ``after`` is the whole seconds to wait."""

    def __init__(self, after: int) -> None:
        super().__init__(f"too many requests; ask again in {after} s")
        self.after = after


class Rates:
    """The buckets of this process."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, key: str, now: float) -> None:
        """Take one from the bucket of ``key``.  Raises ``TooManyRequests`` when it is empty."""
        with self._lock:
            left, at = self._buckets.pop(key, (self._capacity, now))
            left = min(self._capacity, left + (now - at) * self._per_second)
            is_empty = left < 1
            self._buckets[key] = (left if is_empty else left - 1, now)
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        if is_empty:
            raise TooManyRequests(max(1, math.ceil((1 - left) / self._per_second)))


_RATES: Final = Rates(given().requests_per_minute)


LOOKS_EACH: Final = 20
"""A look at somebody else's DNS and servers counts as that many requests."""


def spend(key: str) -> None:
    """Count one request of ``key`` now.  Raises ``TooManyRequests``."""
    _RATES.spend(key, time.monotonic())
    _spend(key, given().requests_per_minute)


def _spend(key: str, per_minute: int) -> None:
    wait = wait_after_spending(key, per_minute)
    if wait:
        raise TooManyRequests(max(1, math.ceil(wait.total_seconds())))


def spend_look(tenant: str) -> None:
    """Count one look at what others run, ordered by people of ``tenant``.  Raises ``TooManyRequests``.

    Their servers and ours are not to be made to call each other as often as somebody clicks.
    """
    _spend(f"look {tenant}", max(1, given().requests_per_minute // LOOKS_EACH))
