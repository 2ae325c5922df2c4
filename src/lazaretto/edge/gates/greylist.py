"""Greylisting: who has never been here is asked to come back; most bots never do.

A triple of client network, sender and recipient that comes back in time is known from then on.  The
network, not the address, as large senders come back from another machine beside the first.  In
memory and bounded: forgetting costs a stranger another few minutes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from lazaretto.core.address import fold
from lazaretto.edge.gates.clients import client_key

KNOWN_FOR: Final = 35 * 86_400.0
"""Seconds; long enough for a monthly newsletter."""


class Greylist:
    """Triples and when they were first seen, or until when they are known; seconds of one clock."""

    def __init__(self, delay: float, window: float, most: int) -> None:
        self._delay = delay
        self._window = window
        self._most = most
        self._first_seen: OrderedDict[bytes, float] = OrderedDict()
        self._known_until: OrderedDict[bytes, float] = OrderedDict()

    def is_early(self, ip: str, reverse_path: str, recipient: str, now: float) -> bool:
        """Tell whether this triple shall come back later; one that was long enough away is known."""
        triple = _triple(ip, reverse_path, recipient)
        if self._known_until.get(triple, 0.0) > now:
            return False
        first = self._first_seen.get(triple)
        if first is None or now - first > self._window:
            self._first_seen.pop(triple, None)
            _remember(self._first_seen, triple, now, self._most)
            return True
        if now - first < self._delay:
            return True
        del self._first_seen[triple]
        self._known_until.pop(triple, None)
        _remember(self._known_until, triple, now + KNOWN_FOR, self._most)
        return False


def _remember(table: OrderedDict[bytes, float], triple: bytes, moment: float, most: int) -> None:
    table[triple] = moment
    if len(table) > most:
        table.popitem(last=False)


def _triple(ip: str, reverse_path: str, recipient: str) -> bytes:
    network = client_key(ip) if ":" in ip else ip.rpartition(".")[0]
    text = f"{network}\n{fold(reverse_path)}\n{fold(recipient)}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
