"""From findings and log-odds to what the learned models add to the sum of the rules; pure.

The rules' weights are fitted as a logistic regression, so their sum is log-odds, and log-odds of
independent witnesses add.  What is known about newsletters and about links to the sender's own site
cannot be learned from collections that hold little of either, and stands here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Final

from lazaretto.core.findings import Finding, Verdict
from lazaretto.detect.learned.model import HIGHEST, LOWEST, joined

MASS: Final = ("BULK_LIST_UNSUBSCRIBE", "BULK_PRECEDENCE", "BULK_CAMPAIGN", "BULK_WAY_OUT")
MASS_EXCUSE: Final = -0.5
"""For each mark of openly sent mass mail: it looks like an advertisement and may be wanted."""
OWN_SITE: Final = {"u#own all": -1.5, "u#own some": -1.0}
"""Links that lead to the sender's own site."""
CHANCE: Final = 0.3
SHORT: Final = 700
LONG: Final = 16_384
"""Characters of a text in which little is said by chance, and beyond which no more is; each doubling
adds ``CHANCE``."""
DEEPEST: Final = 1.0
"""How far below 0 a sum may be."""
_SUMMED: Final = frozenset({None, Verdict.SPAM, Verdict.PHISHING})


def known_to(findings: Iterable[Finding], symbols: Collection[str]) -> dict[str, float]:
    """Return the score of each finding that counts in a sum and that the models were fitted with."""
    return {
        finding.symbol: finding.score
        for finding in findings
        if finding.symbol in symbols and finding.verdict in _SUMMED
    }


def accused_otherwise(findings: Iterable[Finding], symbols: Collection[str]) -> bool:
    """Tell whether a finding that counts in a sum, and that the models do not know, speaks against it."""
    return any(
        finding.score > 0 and finding.verdict in _SUMMED and finding.symbol not in symbols
        for finding in findings
    )


def excuses(names: Collection[str], shape: Collection[str]) -> float:
    """Return what marks of mass mail and links to the sender's own site speak for the message."""
    total = sum(MASS_EXCUSE for symbol in MASS if symbol in names)
    return total + sum(value for feature, value in OWN_SITE.items() if feature in shape)


def length_of(shape: Iterable[str]) -> int:
    """Return the class of the length of the text among the features of the form; see ``shape``."""
    return next((int(feature[2:]) for feature in shape if feature.startswith("t#")), 0)


def by_chance(known: float, length: int) -> float:
    """Return how much of ``known`` a text of ``length`` characters says by mere chance.

    A long newsletter mentions loans, pills and parcels without offering any.  What rules say is never
    less than two fifths of itself, however long somebody writes.
    """
    if known <= 0:
        return 0.0
    return known - known / (1 + CHANCE * math.log2(1 + min(length, LONG) / SHORT))


def score_of(words: float, shape: float, excuse: float, middle: float, known: float, length: int) -> float:
    """Return the models' score beside ``known``, the sum of the findings; see ``below_nothing``."""
    score = max(LOWEST, min(HIGHEST, joined(words, shape) + excuse - middle))
    return below_nothing(known, score - by_chance(known, length))


def below_nothing(known: float, score: float) -> float:
    """Return ``score`` such that it takes a message hardly below 0 together with ``known``.

    What words excuse is not to outweigh what other looks found.  Below 0 there is room for the order
    of harmless messages, no more.
    """
    together = max(known, 0.0) + score
    if together >= 0 or score >= 0:
        return score
    return max(-DEEPEST, together / 4) - max(known, 0.0)
