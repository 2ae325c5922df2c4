"""From findings and log-odds to what the learned models add to the sum of the rules; pure.

The rules' weights are fitted as a logistic regression, so their sum is log-odds, and log-odds of
independent witnesses add.  What is known about newsletters and about links to the sender's own site
cannot be learned from collections that hold little of either, and stands here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from lazaretto.core.findings import Finding, Verdict
from lazaretto.detect.learned.model import HIGHEST, LOWEST, joined

MASS: Final = ("BULK_LIST_UNSUBSCRIBE", "BULK_PRECEDENCE", "BULK_CAMPAIGN", "BULK_WAY_OUT")
MASS_EXCUSE: Final = -0.5
"""For each mark of openly sent mass mail: it looks like an advertisement and may be wanted."""
OWN_SITE: Final = {"u#own all": -1.5, "u#own some": -1.0}
"""Links that lead to the sender's own site."""
_SUMMED: Final = frozenset({None, Verdict.SPAM, Verdict.PHISHING})


def known_to(findings: Iterable[Finding], symbols: Collection[str]) -> dict[str, float]:
    """Return the score of each finding that counts in a sum and that the models were fitted with."""
    return {
        finding.symbol: finding.score
        for finding in findings
        if finding.symbol in symbols and finding.verdict in _SUMMED
    }


def excuses(names: Collection[str], shape: Collection[str]) -> float:
    """Return what marks of mass mail and links to the sender's own site speak for the message."""
    total = sum(MASS_EXCUSE for symbol in MASS if symbol in names)
    return total + sum(value for feature, value in OWN_SITE.items() if feature in shape)


def score_of(words: float, shape: float, excuse: float, middle: float, known: float) -> float:
    """Return the models' score; what excuses never outweighs what the known findings raised."""
    score = joined(words, shape) + excuse - middle
    if score >= 0:
        return min(HIGHEST, score)
    return max(LOWEST, -max(known, 0.0), score)
