"""What trained models do to mail that they were not fitted to, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lazaretto.core.snapshot import DEFAULT_THRESHOLDS

STEPS: Final = (0.01, 0.001, 0.0001, 0.0)
"""Shares of wanted mail at which the catch is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What is measured: one entry for each message in every array."""

    kind: Any
    set_name: Any
    source: Any
    unwanted: Any
    weight: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What held-out mail of one set and kind comes to."""

    split: str
    """``parts``: a quarter of every source at a time was held out; ``sources``: a whole source."""
    set_name: str
    kind: str
    messages: int
    flagged_by_rules: float
    flagged: float
    catch_at: tuple[float, ...] = ()
    """For unwanted mail: the catch at each of ``STEPS`` of all wanted mail of the split."""


def quality_of(measured: Scores, *, parts: Any, sources: Any, rules: Any) -> Iterator[Quality]:
    """Yield a row for every set and kind, in both splits."""
    wanted = ~measured.unwanted & (measured.kind != "dsn")
    for split, scores in (("parts", parts), ("sources", sources)):
        for set_name in sorted(set(measured.set_name)):
            for kind in sorted(set(measured.kind[measured.set_name == set_name])):
                rows = (measured.set_name == set_name) & (measured.kind == kind)
                if split == "sources" and (measured.source[rows] == "own").all():
                    continue
                against = (
                    wanted if split == "parts" else wanted & (measured.source == measured.source[rows][0])
                )
                if not (wanted & (measured.source == measured.source[rows][0])).any():
                    against = wanted
                yield Quality(
                    split=split,
                    set_name=set_name,
                    kind=kind,
                    messages=int(rows.sum()),
                    flagged_by_rules=_share(rules, measured.weight, rows),
                    flagged=_share(scores, measured.weight, rows),
                    catch_at=catch_at(scores, measured.weight, against, rows)
                    if measured.unwanted[rows].all()
                    else (),
                )


def catch_at(scores: Any, weight: Any, wanted: Any, unwanted: Any) -> tuple[float, ...]:
    """Return the share of ``unwanted`` above the lowest threshold that each step allows."""
    order = np.argsort(-scores[wanted])
    lost = np.cumsum(weight[wanted][order]) / weight[wanted].sum()
    found = []
    for step in STEPS:
        place = int(np.searchsorted(lost, step + 1e-12, side="right"))
        limit = scores[wanted][order][place] if place < len(order) else -np.inf
        over = unwanted & (scores > limit)
        found.append(round(float(weight[over].sum() / weight[unwanted].sum()), 4))
    return tuple(found)


def _share(scores: Any, weight: Any, rows: Any) -> float:
    over = rows & (scores >= DEFAULT_THRESHOLDS["spam"])
    return float(weight[over].sum() / weight[rows].sum())
