"""Catch and false-positive rates from labelled verdicts; pure.

A cluster of near-duplicates (same set, label and cluster) has weight 1 in all, so that one campaign
seen a hundred times does not count a hundred times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lazaretto.core.findings import Verdict

BAD: Final = frozenset({Verdict.SPAM, Verdict.PHISHING, Verdict.MALWARE})
CAUGHT_LABELS: Final = frozenset({"spam", "phishing"})
LABELS: Final = ("ham", "spam", "phishing", "bulk", "malware")
FALSE_POSITIVE_STEPS: Final = ("0.01", "0.001", "0.0001", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One labelled message and what a look said."""

    file: str
    label: str
    verdict: Verdict
    score: float
    milliseconds: float
    set_name: str = ""
    kind: str = ""
    cluster: str = ""

    @property
    def is_bad(self) -> bool:
        """Tell whether the look called it spam, phishing or malware."""
        return self.verdict in BAD


def scorecard(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return the object that ``lazaretto evaluate --json`` prints."""
    weights = _weights(scored)
    sets = sorted({each.set_name for each in scored if each.set_name})
    kinds = sorted({each.kind for each in scored if each.kind})
    paired = list(zip(scored, weights, strict=True))
    return {
        "sets": {name: _rates([p for p in paired if p[0].set_name == name]) for name in sets},
        "kinds": {name: _flagged([each for each in scored if each.kind == name]) for name in kinds},
        "all": _rates(paired),
        "cpu_ms_per_message": round(sum(each.milliseconds for each in scored) / max(1, len(scored)), 3),
        "slowest": [
            {"file": each.file, "ms": each.milliseconds}
            for each in sorted(scored, key=lambda one: -one.milliseconds)[:10]
        ],
    }


def _weights(scored: Sequence[Scored]) -> list[float]:
    members = Counter((each.set_name, each.label, each.cluster) for each in scored if each.cluster)
    return [1 / members[each.set_name, each.label, each.cluster] if each.cluster else 1.0 for each in scored]


def _flagged(scored: Sequence[Scored]) -> dict[str, int]:
    return {"n": len(scored), "flagged": sum(each.is_bad for each in scored)}


def _rates(paired: Sequence[tuple[Scored, float]]) -> dict[str, Any]:
    wanted = [(each, weight) for each, weight in paired if each.label == "ham"]
    unwanted = [(each, weight) for each, weight in paired if each.label in CAUGHT_LABELS]
    return {
        **{label: sum(each.label == label for each, _ in paired) for label in LABELS},
        "catch": _share(unwanted),
        "fp": _share(wanted),
        "catch_by_label": {
            label: _share([pair for pair in unwanted if pair[0].label == label])
            for label in sorted(CAUGHT_LABELS)
        },
        "confusion": _confusion(each for each, _ in paired),
        "catch_at_fp": {step: catch_at(wanted, unwanted, float(step)) for step in FALSE_POSITIVE_STEPS},
    }


def _share(pairs: Sequence[tuple[Scored, float]]) -> float | None:
    total = sum(weight for _, weight in pairs)
    if not total:
        return None
    return round(sum(weight for each, weight in pairs if each.is_bad) / total, 6)


def _confusion(scored: Iterable[Scored]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for each in scored:
        table.setdefault(each.label, Counter())[each.verdict.value] += 1
    return {label: dict(row) for label, row in sorted(table.items())}


def catch_at(
    wanted: Sequence[tuple[Scored, float]], unwanted: Sequence[tuple[Scored, float]], allowed: float
) -> float | None:
    """Return the catch rate at the lowest score threshold whose false positives do not exceed ``allowed``.

    A message is caught when its score is at or above the threshold; None without unwanted mail.
    """
    total_wanted = sum(weight for _, weight in wanted)
    total_unwanted = sum(weight for _, weight in unwanted)
    if not total_unwanted:
        return None
    pairs = [(each.score, weight, True) for each, weight in unwanted]
    pairs += [(each.score, weight, False) for each, weight in wanted]
    pairs.sort(key=lambda pair: -pair[0])
    caught = flagged = best = 0.0
    for index, (score, weight, is_unwanted) in enumerate(pairs):
        if is_unwanted:
            caught += weight
        else:
            flagged += weight
        # Messages of equal score cross a threshold together.
        if index + 1 < len(pairs) and pairs[index + 1][0] == score:
            continue
        if total_wanted and flagged / total_wanted > allowed + 1e-12:
            break
        best = caught
    return round(best / total_unwanted, 6)
