"""Turns log-odds into scores, on mail that the weights did not see.

The score is added to that of the rules.  It is scaled so that both together reach the threshold on
no more wanted mail than allowed, and within that catch as much as they can.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.detect.learned.model import HIGHEST, Scale

THRESHOLD: Final = 5.0
SLOPES: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2)
"""Score per unit of log-odds, tried in turn."""
_LEAST_MIDDLE: Final = -6.0


@dataclass(frozen=True, slots=True)
class Held:
    """A message that was held out: what the model and what the rules said."""

    log_odds: float
    rules: float
    unwanted: bool
    weight: float
    strict: bool = False
    """It belongs to mail of which none may be lost: it must not count as one of the allowed."""


def scale_for(held: Sequence[Held], allowed: float) -> Scale:
    """Return the scale that catches most with at most the share ``allowed`` of wanted mail lost."""
    slopes = (Scale(slope=slope, middle=middle_for(held, allowed, slope)) for slope in SLOPES)
    return max(slopes, key=lambda scale: (round(caught(held, scale), 6), -scale.slope))


def middle_for(held: Sequence[Held], allowed: float, slope: float) -> float:
    """Return the lowest log-odds that may score 0 under ``allowed``."""
    wanted = [each for each in held if not each.unwanted]
    budget = allowed * math.fsum(each.weight for each in wanted)
    # What the rules alone lose is theirs, whatever the model says.
    mine = sorted((-_lost_below(each, slope), each.weight, each.strict) for each in wanted if _can_lose(each))
    spent = 0.0
    for place, weight, strict in mine:
        spent += weight
        if strict or spent > budget:
            return math.floor(-place * 100 + 1) / 100
    return _LEAST_MIDDLE


def caught(held: Sequence[Held], scale: Scale) -> float:
    """Return the share of the unwanted mail in ``held`` that reaches the threshold."""
    return _share([each for each in held if each.unwanted], scale)


def lost(held: Sequence[Held], scale: Scale) -> float:
    """Return the share of the wanted mail in ``held`` that reaches the threshold."""
    return _share([each for each in held if not each.unwanted], scale)


def reaches(held: Held, scale: Scale) -> bool:
    """Tell whether rules and model together reach the threshold."""
    return held.rules + scale.score(held.log_odds) >= THRESHOLD


def _share(held: Sequence[Held], scale: Scale) -> float:
    total = math.fsum(each.weight for each in held)
    return math.fsum(each.weight for each in held if reaches(each, scale)) / total if total else 0.0


def _can_lose(held: Held) -> bool:
    return THRESHOLD - HIGHEST <= held.rules < THRESHOLD


def _lost_below(held: Held, slope: float) -> float:
    """Return the middle up to which the model makes this message reach the threshold."""
    return held.log_odds - (THRESHOLD - held.rules) / slope
