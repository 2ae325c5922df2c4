"""What a tenant's people, by releases and reports, say of kinds of mail: votes, and what they come to.

Bounded, so that neither a few people nor somebody who took over a mailbox decide for everybody: one person is
one vote about a subject, ``QUORUM`` people must agree, whoever disagrees weighs twice, and a vote fades.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

QUORUM: Final = 3
"""People who must agree."""
ENOUGH: Final = 6.0
"""Votes, fresh and unopposed, that count in full."""
AGAINST: Final = 2.0
"""How much more a vote weighs for those who say the opposite."""
HALF_LIFE: Final = timedelta(days=60)
LIFETIME: Final = timedelta(days=180)
SENDER: Final = "sender"
RULE: Final = "rule"
OFF: Final = "antispam.learning"
"""Name of the small setting whose value ``off`` lets a tenant's leanings rest."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word about a subject."""

    is_wanted: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """What a tenant's people think of one kind of mail."""

    subject: str
    """``sender`` or ``rule``, a space, and a domain, an address or a symbol."""
    degree: float
    """From -1, wanted, to 1, unwanted."""
    people: int
    """Who say so."""


def leaning_of(subject: str, votes: Iterable[Vote], now: datetime) -> Leaning | None:
    """Return what ``votes`` come to; None where they decide nothing."""
    counted = [each for each in votes if now - each.at < LIFETIME]
    wanted = [_weight(each, now) for each in counted if each.is_wanted]
    unwanted = [_weight(each, now) for each in counted if not each.is_wanted]
    for sign, having, opposing in ((-1, wanted, unwanted), (1, unwanted, wanted)):
        surplus = sum(having) - AGAINST * sum(opposing) - (QUORUM - 1)
        if len(having) >= QUORUM and surplus > 0:
            degree = min(1.0, surplus / (ENOUGH - (QUORUM - 1)))
            return Leaning(subject=subject, degree=round(sign * degree, 2), people=len(having))
    return None


def _weight(vote: Vote, now: datetime) -> float:
    # A clock that jumps ahead must not make a vote worth more than one.
    weight: float = 0.5 ** max(0.0, (now - vote.at) / HALF_LIFE)
    return weight
