"""What a message is: the classes that its findings reach, and one number for how bad it is.

A finding for SPAM, PHISHING or BULK adds its score to that class, and one for no class to spam and
phishing alike.  So that general suspicion alone is never called phishing, a fifth of the phishing
threshold must come from findings that speak for phishing itself; otherwise the sum counts as spam.
More would leave phishing unnamed: most of what accuses a lure, the learned models above all, accuses
spam alike.  MALWARE, VIOLATION and UNSCANNABLE need no sum: one finding is enough.

Whatever reaches PHISHING reaches SPAM as well.  Thus one more finding never takes a message out of a
class, and whoever stops spam stops phishing, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS

SCORE_OF_MALWARE: Final = 100.0
"""Added for malware, whose detectors need no score, so that it ranks above everything else."""
SUMMED: Final = frozenset({None, Verdict.SPAM, Verdict.PHISHING, Verdict.BULK})
_OWN_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The classes that a message reaches."""

    reached: frozenset[Verdict]
    verdict: Verdict
    """The most severe of them; CLEAN when it reaches none."""
    score: float
    """Higher is worse, for every verdict alike."""


def classes_of(findings: Sequence[Finding], thresholds: Mapping[str, float]) -> Classes:
    """Return what ``findings`` make of a message; their order does not matter."""
    sums = _sums(findings)
    reached = {finding.verdict for finding in findings if finding.verdict not in SUMMED}
    reached |= _summed_classes(sums, {**DEFAULT_THRESHOLDS, **thresholds})
    classes = frozenset(verdict for verdict in reached if verdict is not None)
    score = sums[None] + max(sums[Verdict.SPAM], sums[Verdict.PHISHING])
    if Verdict.MALWARE in classes:
        score = max(score, 0.0) + SCORE_OF_MALWARE
    verdict = max(classes, key=lambda each: each.severity, default=Verdict.CLEAN)
    return Classes(reached=classes, verdict=verdict, score=score)


def sums_of(findings: Sequence[Finding]) -> dict[str, float]:
    """Return how much speaks for each class that has a threshold; the threshold is met from there."""
    sums = _sums(findings)
    return {
        "spam": sums[None] + sums[Verdict.SPAM],
        "phishing": sums[None] + sums[Verdict.PHISHING],
        "bulk": sums[Verdict.BULK],
    }


def _sums(findings: Iterable[Finding]) -> dict[Verdict | None, float]:
    sums: dict[Verdict | None, float] = dict.fromkeys(SUMMED, 0.0)
    # Sorted, because adding floats in another order may give another last digit.
    for finding in sorted(findings, key=_by_score):
        if finding.verdict in SUMMED:
            sums[finding.verdict] += finding.score
    return sums


def _by_score(finding: Finding) -> float:
    return finding.score


def _summed_classes(
    sums: Mapping[Verdict | None, float], thresholds: Mapping[str, float]
) -> set[Verdict | None]:
    reached: set[Verdict | None] = set()
    if sums[Verdict.BULK] >= thresholds["bulk"]:
        reached.add(Verdict.BULK)
    if sums[None] + sums[Verdict.SPAM] >= thresholds["spam"]:
        reached.add(Verdict.SPAM)
    own = sums[Verdict.PHISHING]
    if sums[None] + own >= thresholds["phishing"]:
        reached.add(Verdict.SPAM)
        if own >= thresholds["phishing"] * _OWN_SHARE:
            reached.add(Verdict.PHISHING)
    return reached
