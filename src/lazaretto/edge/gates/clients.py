"""What is remembered of clients between their sessions: in memory, bounded, of this process only.

Forgetting is harmless: a forgotten client waits for its banner once more.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_HOUR: Final = 3_600.0
_IPV6_PREFIX: Final = 64


def client_key(ip: str) -> str:
    """Return under which name a client is counted: its IPv4 address, or its IPv6 /64."""
    if ":" not in ip:
        return ip
    address = ipaddress.IPv6Address(ip.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), _IPV6_PREFIX), strict=False))


@dataclass(slots=True)
class Behaviour:
    """One client's past."""

    good_until: float = 0.0
    hour_began: float = 0.0
    unknown_recipients: int = 0
    """This hour."""
    aborted_octets: int = 0
    """This hour."""
    tls_failure: str = ""
    """How its last handshake failed."""
    tls_failed_at: float = 0.0


class ClientMemory:
    """The behaviour of the clients seen last; times are those of the event loop's clock."""

    def __init__(self, remembered: int, good_for: float) -> None:
        self._remembered = remembered
        self._good_for = good_for
        self._clients: OrderedDict[str, Behaviour] = OrderedDict()

    def is_good(self, key: str, now: float) -> bool:
        """Tell whether a client behaved well lately and has done nothing bad since."""
        past = self._clients.get(key)
        return past is not None and past.good_until > now

    def behaved(self, key: str, now: float) -> None:
        """Remember that a client had a message accepted and kept to the protocol."""
        self._past(key, now).good_until = now + self._good_for

    def misbehaved(self, key: str) -> None:
        """Remember that a client broke the protocol in a way that only bots do."""
        past = self._clients.get(key)
        if past is not None:
            past.good_until = 0.0

    def guessed(self, key: str, now: float) -> int:
        """Count an unknown recipient; return how many there were this hour."""
        past = self._past(key, now)
        past.unknown_recipients += 1
        return past.unknown_recipients

    def aborted(self, key: str, octets: int, now: float) -> None:
        """Count the octets of a message that was never finished."""
        self._past(key, now).aborted_octets += octets

    def aborted_octets(self, key: str, now: float) -> int:
        """Return how many octets a client sent this hour without finishing their messages."""
        past = self._clients.get(key)
        if past is None or now - past.hour_began >= _HOUR:
            return 0
        return past.aborted_octets

    def failed_tls(self, key: str, words: str, now: float) -> None:
        """Remember how a handshake with a client failed: it may come back in clear."""
        past = self._past(key, now)
        past.tls_failure, past.tls_failed_at = words, now

    def tls_failure(self, key: str, now: float) -> str:
        """Return how a handshake with a client failed within the last hour; empty when none did."""
        past = self._clients.get(key)
        return past.tls_failure if past is not None and now - past.tls_failed_at < _HOUR else ""

    def _past(self, key: str, now: float) -> Behaviour:
        past = self._clients.get(key)
        if past is None:
            past = self._clients[key] = Behaviour(hour_began=now)
            if len(self._clients) > self._remembered:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(key)
        if now - past.hour_began >= _HOUR:
            past.hour_began, past.unknown_recipients, past.aborted_octets = now, 0, 0
        return past
