"""Answers remembered for as long as they may be, and no more of them than fit."""

from __future__ import annotations

from dataclasses import dataclass

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.settings import DnsSettings


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer with the moment (of a monotonic clock) at which it is forgotten."""

    answer: DnsAnswer
    until: float


class AnswerCache:
    """Answers by question; the one that was stored first gives way when there is no room."""

    def __init__(self, settings: DnsSettings) -> None:
        self._settings = settings
        self._kept: dict[tuple[str, str], _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, name: str, kind: str, now: float) -> DnsAnswer | None:
        """Return what is remembered; None when nothing is, or no longer."""
        kept = self._kept.get((name, kind))
        if kept is None:
            return None
        if kept.until > now:
            return kept.answer
        del self._kept[(name, kind)]
        return None

    def keep(self, name: str, kind: str, answer: DnsAnswer, now: float) -> None:
        """Remember ``answer`` from ``now`` on."""
        lifetime = self._lifetime(answer)
        if lifetime <= 0 or not self._settings.cache_size:
            return
        self._kept.pop((name, kind), None)
        while len(self._kept) >= self._settings.cache_size:
            del self._kept[next(iter(self._kept))]
        self._kept[(name, kind)] = _Kept(answer, now + lifetime)

    def _lifetime(self, answer: DnsAnswer) -> float:
        if answer.status is DnsStatus.ANSWER:
            return min(float(answer.ttl), self._settings.longest_ttl)
        if answer.failed:
            return self._settings.failure_ttl
        return self._settings.negative_ttl
