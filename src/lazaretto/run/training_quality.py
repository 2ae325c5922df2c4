"""What trained models do to mail that they were not fitted to, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import poisson

from lazaretto.core.snapshot import DEFAULT_THRESHOLDS

STEPS: Final = (0.01, 0.001, 0.0001, 0.0)
"""Shares of wanted mail at which the catch is told."""


_HEAD: Final = """\
# How often each rule is right

Written by `lazaretto train` from the mail that it was given, near-duplicates once, without letters of our
own. Of a thousand unwanted and a thousand wanted messages, in how many the rule spoke; the share of unwanted
among those; in how many sources of unwanted mail it spoke; what it weighs. A rule below one half is a hint
that counts only with others; one that never spoke is kept for what the mail lacks.

| symbol | unwanted, per mille | wanted, per mille | share | sources | weight |
| --- | ---: | ---: | ---: | ---: | ---: |
"""


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
    between: tuple[tuple[float, float], ...] = ()
    """Within what each of ``catch_at`` is known (95 %), from how little wanted mail the threshold comes."""
    wanted: int = 0
    """Clusters of wanted mail that the thresholds come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often one finding was right, near-duplicates once; letters of our own are left out."""

    symbol: str
    unwanted: float
    """Of a thousand clusters of unwanted mail, in how many it was found."""
    wanted: float
    sources: int
    """Sources of unwanted mail in which it was found."""

    @property
    def share(self) -> float:
        """The share of unwanted mail where it spoke, were there as much wanted as unwanted mail; 0..1."""
        return self.unwanted / (self.unwanted + self.wanted) if self.unwanted + self.wanted else 0.0


def precision_of(measured: Scores, names: Sequence[str], findings: Any) -> Iterator[Precision]:
    """Yield a row for every one of ``names``, the columns of ``findings``."""
    real = measured.set_name != "own"
    bad, good = real & measured.unwanted, real & ~measured.unwanted & (measured.kind != "dsn")
    unwanted = findings.T @ np.where(bad, measured.weight, 0.0)
    wanted = findings.T @ np.where(good, measured.weight, 0.0)
    counts = sum(
        ((findings.T @ (bad & (measured.source == source)).astype(float)) > 0).astype(int)
        for source in sorted(set(measured.source[bad]))
    )
    for name, yes, no, sources in zip(names, unwanted, wanted, counts, strict=True):
        yield Precision(
            symbol=name,
            unwanted=1000 * float(yes) / measured.weight[bad].sum(),
            wanted=1000 * float(no) / measured.weight[good].sum(),
            sources=int(sources),
        )


def precision_table(rows: Sequence[Precision], weights: Mapping[str, float]) -> str:
    """Return ``rows`` as a page: the weight of every rule, and how often it was right."""
    lines = (
        f"| `{row.symbol}` | {row.unwanted:.2f} | {row.wanted:.2f} | "
        f"{f'{row.share:.3f}' if row.unwanted + row.wanted else ''} | {row.sources} | "
        f"{weights.get(row.symbol, 0.0):g} |\n"
        for row in sorted(rows, key=lambda row: row.symbol)
    )
    return _HEAD + "".join(lines)


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
                    **_catch(measured, scores, against, rows),
                )
    yield _together(measured, sources)


def _together(measured: Scores, scores: Any) -> Quality:
    """Return what one threshold for all sources comes to, each scored by models that did not see it."""
    held = (measured.source != "own") & np.isin(measured.kind, ("ham", "spam", "phish", "phishing"))
    unwanted = held & measured.unwanted
    return Quality(
        split="sources",
        set_name="one threshold",
        kind="all",
        messages=int(unwanted.sum()),
        flagged_by_rules=0.0,
        flagged=_share(scores, measured.weight, unwanted),
        **_catch(measured, scores, held & ~measured.unwanted, unwanted),
    )


def _catch(measured: Scores, scores: Any, wanted: Any, rows: Any) -> dict[str, Any]:
    if not measured.unwanted[rows].all():
        return {}
    return {
        "catch_at": catch_at(scores, measured.weight, wanted, rows),
        "between": between(scores, measured.weight, wanted, rows),
        "wanted": round(float(measured.weight[wanted].sum())),
    }


def catch_at(scores: Any, weight: Any, wanted: Any, unwanted: Any) -> tuple[float, ...]:
    """Return the share of ``unwanted`` above the lowest threshold that each step allows."""
    return tuple(_catch_over(scores, weight, wanted, unwanted, step) for step in STEPS)


def _catch_over(scores: Any, weight: Any, wanted: Any, unwanted: Any, step: float) -> float:
    order = np.argsort(-scores[wanted])
    lost = np.cumsum(weight[wanted][order]) / weight[wanted].sum()
    place = int(np.searchsorted(lost, step + 1e-12, side="right"))
    limit = scores[wanted][order][place] if place < len(order) else -np.inf
    over = unwanted & (scores > limit)
    return round(float(weight[over].sum() / weight[unwanted].sum()), 4)


def between(scores: Any, weight: Any, wanted: Any, unwanted: Any) -> tuple[tuple[float, float], ...]:
    """Return within what the catch at each step is known, with 95 per cent.

    Were a threshold to lose a share of all wanted mail in the world, a sample of it would hold by chance
    fewer or more of the lost messages than that share of the sample: the catch at either number.
    """
    clusters = float(weight[wanted].sum())
    found = []
    for step in STEPS:
        fewest, most = (float(poisson.ppf(share, clusters * step)) for share in (0.025, 0.975))
        low, high = (
            _catch_over(scores, weight, wanted, unwanted, count / clusters) for count in (fewest, most)
        )
        found.append((low, high))
    return tuple(found)


def _share(scores: Any, weight: Any, rows: Any) -> float:
    over = rows & (scores >= DEFAULT_THRESHOLDS["spam"])
    return float(weight[over].sum() / weight[rows].sum())
