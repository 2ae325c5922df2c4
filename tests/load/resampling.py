"""Within what a catch is known, and how sure a lead is: the judged messages are drawn again and again.

Each draw takes as many messages of either kind of every source as there are, with putting back (bootstrap).
The same draw serves every judge, so that a lead is compared on the same messages.  Chance is seeded: the same
scores give the same limits.  A threshold that may lose fewer wanted messages than there are, one in 10,000
say, is as uncertain as the highest of them; of messages that nobody collected, draws know nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lazaretto.run.training_quality import catch_at

DRAWS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was judged: one entry for each message in every array."""

    source: Any
    unwanted: Any
    weight: Any


@dataclass(frozen=True, slots=True)
class Limits:
    """A share, and within what it is with 95 per cent."""

    at: float
    low: float
    high: float


def catch_of(judged: Judged, scores: Any, good: Any, bad: Any, draws: Sequence[Any]) -> list[Limits]:
    """Return the catch of ``bad`` at each step of what may be lost of ``good``, with its limits."""
    found = catch_at(scores, judged.weight, good, bad)
    again = np.array([catch_at(scores, drawn, good, bad) for drawn in draws])
    return _limits(found, again)


def lead_of(judged: Judged, pair: tuple[Any, Any], good: Any, bad: Any, draws: Sequence[Any]) -> list[Limits]:
    """Return by how much the first of ``pair`` of scores catches more than the second, with limits."""

    def lead(weight: Any) -> Any:
        ours, theirs = (np.array(catch_at(scores, weight, good, bad)) for scores in pair)
        return ours - theirs

    return _limits(lead(judged.weight), np.array([lead(drawn) for drawn in draws]))


def drawn_weights(judged: Judged, draws: int = DRAWS) -> Iterator[Any]:
    """Yield the weights of messages that were drawn again, by source and kind; always the same ones."""
    chance = np.random.default_rng(4)
    groups = [
        np.flatnonzero((judged.source == source) & (judged.unwanted == unwanted))
        for source in sorted(set(judged.source))
        for unwanted in (False, True)
    ]
    for _ in range(draws):
        times = np.zeros(len(judged.weight))
        for rows in groups:
            if len(rows):
                times[rows] = np.bincount(chance.integers(len(rows), size=len(rows)), minlength=len(rows))
        yield judged.weight * times


def _limits(found: Any, again: Any) -> list[Limits]:
    low, high = np.quantile(again, (0.025, 0.975), axis=0)
    return [Limits(*map(float, row)) for row in zip(found, low, high, strict=True)]
