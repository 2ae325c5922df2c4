"""Fitting the shipped models to a folder of labelled mail: the work behind ``lazaretto train``.

The folder is what ``lazaretto evaluate`` reads: ``labels.csv`` and the messages it names; HTML files
below ``graymail-html`` are taken as newsletters and notices.  Letters of our own wording join in.
The same folder gives the same models, octet for octet.

Needs numpy, scipy and LightGBM (``pip install lazaretto[train]``); looking at mail needs none of them.
"""

from __future__ import annotations

import multiprocessing
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS
from lazaretto.detect.knowledge import built_in
from lazaretto.detect.learned.boosting import boosted
from lazaretto.detect.learned.combining import excuses, length_of, score_of
from lazaretto.detect.learned.fitting import (
    SHAPE,
    WORDS,
    Design,
    Mask,
    Solved,
    Table,
    Vector,
    fit,
    fit_findings,
    platt,
)
from lazaretto.detect.learned.model import Model
from lazaretto.detect.learned.trees import BOUND, Forest
from lazaretto.detect.registry import symbols
from lazaretto.detect.weights import weighted_symbols
from lazaretto.run.training_quality import Precision, Quality, Scores, precision_of, quality_of
from lazaretto.run.training_samples import KIND_WEIGHTS, OWN, PARTS, Sample, collect

NON_COMMERCIAL: Final = ("phishing-pot",)
"""Sets whose licence forbids to ship what is learned from them; for measuring only."""
ALLOWED: Final = 0.0007
"""Share of wanted mail of real collections that may be lost, held out.

About half of what stands above the line in the collections is mislabelled unwanted mail.
"""
ALLOWED_OWN: Final = 0.005
"""Share of our own wanted letters, newsletters and notices that may be lost."""
ALLOWED_NEWSLETTERS: Final = 0.01
"""Share of wanted newsletters, collected ones and our own, that may be lost."""
MOST_WORDS, MOST_SHAPES = 80_000, 6_000
PRIOR_SHARE: Final = 0.8
"""Log-odds for a score of 1 in the table of weights that people wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The models, the weights of rules, and what they do to mail that they were not fitted to."""

    model: Model
    forest: Forest
    weights: dict[str, float]
    quality: tuple[Quality, ...]
    precision: tuple[Precision, ...]
    """How often each rule was right."""


def train(
    folder: Path, left_out: Sequence[str], version: str, processes: int, shelf: Path | None = None
) -> Trained:
    """Return the models of the mail in ``folder``; raises ``ConfigurationError`` without labels.

    Looks are kept in ``shelf`` for the next time, if one is given.
    """
    samples = collect(folder, left_out, processes, shelf)
    if len({sample.source for sample in samples} - {OWN}) < 2:
        raise ConfigurationError(f"{folder}: needs wanted and unwanted mail of at least two sources")
    return _Workshop(samples).trained(version, processes)


class _Workshop:
    """The examples as numbers, and the fits over parts of them."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.fitted_symbols = _fitted_symbols()
        given = _given_weights()
        self.priors = {name: PRIOR_SHARE * given[name] for name in self.fitted_symbols}
        self.table = Table(
            [each.unwanted for each in samples],
            [each.weight for each in samples],
            [each.source for each in samples],
        )
        self.words = Design(each.words for each in samples)
        self.shape = Design(each.shape for each in samples)
        self.findings = Design((each.findings for each in samples), self.fitted_symbols)
        self.part = np.array([each.part for each in samples])
        self.set_name = np.array([each.set_name for each in samples])
        self.excuse: Vector = np.array([excuses(each.findings, each.shape) for each in samples])
        self.length = np.array([length_of(each.shape) for each in samples])
        # Sets that may not be learned from are measured, never fitted to.
        self.may_fit: Mask = ~np.isin(self.set_name, NON_COMMERCIAL)

    def trained(self, version: str, processes: int) -> Trained:
        sources = sorted(set(self.table.source[self.may_fit].tolist()) - {OWN})
        holds = [self.part == part for part in range(PARTS)] + [self.table.source == name for name in sources]
        _workshop[:] = [self]
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            whole_of = pool.apply_async(_fit_without, (np.zeros(len(self.samples), bool),))
            held = pool.map(_log_odds_of, holds, 1)
            whole = whole_of.get()
        by_part, by_source = (
            self._joined(holds[:PARTS], held[:PARTS]),
            self._joined(holds[PARTS:], held[PARTS:]),
        )
        unfitted = ~self.may_fit
        of_whole = self._scores_of(whole)
        for scores in (by_part, by_source):
            for mine, theirs in zip(scores, of_whole, strict=True):
                mine[unfitted] = theirs[unfitted]
        weights = self.table.balanced(self.may_fit)
        totals = self._totals(by_part, self._middle(by_part, np.zeros(len(self.samples))))
        slope, offset = platt(totals, self.table.unwanted, weights)
        forest = self._forest(by_part, totals * slope + offset, weights, slope, version)
        # What trees add moves the line between wanted and unwanted; it is drawn again with them.
        shifts = self._shifts(forest, by_part)
        middle = self._middle(by_part, shifts)
        totals = self._totals(by_part, middle) + shifts
        slope, offset = platt(totals, self.table.unwanted, weights)
        words, shape, rules = whole
        model = Model(
            version=version,
            words=words.fit(self.words, MOST_WORDS),
            shape=shape.fit(self.shape, MOST_SHAPES),
            middle=middle,
            slope=round(slope, 3),
            offset=round(offset, 3),
        )
        return Trained(
            model=model,
            forest=forest,
            weights=dict(zip(self.findings.names, np.round(rules.weights, 2).tolist(), strict=True)),
            quality=tuple(
                quality_of(
                    self._measured(),
                    parts=totals,
                    sources=self._totals(by_source, middle),
                    rules=self.findings.matrix @ rules.weights,
                )
            ),
            precision=tuple(precision_of(self._measured(), self.findings.names, self.findings.matrix)),
        )

    def _measured(self) -> Scores:
        return Scores(
            kind=np.array([each.kind for each in self.samples]),
            set_name=self.set_name,
            source=self.table.source,
            unwanted=self.table.unwanted,
            weight=np.array([_own_weight(each) for each in self.samples]),
        )

    def fits_without(self, held: Mask) -> tuple[Solved, Solved, Solved]:
        chosen = self.may_fit & ~held
        return (
            fit(self.table, self.words, WORDS, chosen),
            fit(self.table, self.shape, SHAPE, chosen),
            fit_findings(self.table, self.findings, self.priors, chosen),
        )

    def _scores_of(self, fits: tuple[Solved, Solved, Solved]) -> tuple[Vector, Vector, Vector]:
        words, shape, rules = fits
        known: Vector = self.findings.matrix @ rules.weights
        return words.log_odds_of_all(self.words), shape.log_odds_of_all(self.shape), known

    def _joined(
        self, holds: Sequence[Mask], held: Sequence[tuple[Vector, Vector, Vector]]
    ) -> tuple[Vector, Vector, Vector]:
        joined = tuple(np.zeros(len(self.samples)) for _ in range(3))
        for mask, scores in zip(holds, held, strict=True):
            for whole, piece in zip(joined, scores, strict=True):
                whole[mask] = piece
        return joined[0], joined[1], joined[2]

    def _totals(self, scores: tuple[Vector, Vector, Vector], middle: float) -> Vector:
        rows = zip(*scores, self.excuse.tolist(), self.length.tolist(), strict=True)
        return np.array([k + score_of(w, s, excuse, middle, k, n) for w, s, k, excuse, n in rows])

    def _middle(self, scores: tuple[Vector, Vector, Vector], shifts: Vector) -> float:
        """Return the lowest middle under which no more wanted mail is lost than allowed."""
        kind = np.array([each.kind for each in self.samples])
        own = np.isin(kind, ("wanted", "newsletter", "ham-transactional")) & ~self.table.unwanted
        news = np.isin(kind, ("ham-hard", "newsletter"))
        real = ~self.table.unwanted & ~own & (kind != "dsn")
        weight = np.array([_own_weight(each) for each in self.samples])
        allowed = ((real, ALLOWED), (own, ALLOWED_OWN), (news, ALLOWED_NEWSLETTERS))
        for middle in np.arange(-4.0, 10.0, 0.05):
            lost = self._totals(scores, float(middle)) + shifts >= DEFAULT_THRESHOLDS["spam"]
            if all(weight[lost & rows].sum() <= share * weight[rows].sum() for rows, share in allowed):
                return round(float(middle), 2)
        return 10.0

    def _forest(
        self,
        scores: tuple[Vector, Vector, Vector],
        start: Vector,
        weights: Vector,
        slope: float,
        version: str,
    ) -> Forest:
        numbers = np.column_stack([*scores, self.length.astype(float), self.excuse])
        return boosted(
            self.findings.names,
            self.findings.matrix,
            numbers,
            self.table.unwanted,
            weights,
            start,
            slope,
            version,
        )

    def _shifts(self, forest: Forest, scores: tuple[Vector, Vector, Vector]) -> Vector:
        if not forest.trees:
            return np.zeros(len(self.samples))
        from lazaretto.detect.learned.linear import forest_values

        shifts = []
        numbers = (*scores, self.length.tolist(), self.excuse.tolist())
        for each, w, s, k, length, excuse in zip(self.samples, *numbers, strict=True):
            names = set(each.findings & self.priors.keys())
            shifts.append(forest.shift(forest_values(names, w, s, k, length, excuse)))
        assert all(abs(shift) <= BOUND for shift in shifts)
        return np.array(shifts)


def _own_weight(sample: Sample) -> float:
    # Kinds weigh differently in the fit; in what is measured each cluster counts once.
    return sample.weight / KIND_WEIGHTS.get(sample.kind, 1.0)


_workshop: list[Any] = []


def _fit_without(held: Mask) -> tuple[Solved, Solved, Solved]:
    fits: tuple[Solved, Solved, Solved] = _workshop[0].fits_without(held)
    return fits


def _log_odds_of(held: Mask) -> tuple[Vector, Vector, Vector]:
    workshop = _workshop[0]
    words, shape, rules = workshop._scores_of(workshop.fits_without(held))
    return words[held], shape[held], rules[held]


def _given_weights() -> dict[str, float]:
    """Return what people think each finding is worth: never what an earlier fit made of it."""
    text = built_in().joinpath("learned/letters/priors.toml").read_text(encoding="utf-8")
    return {name: float(value) for name, value in tomllib.loads(text)["weights"].items()}


def _fitted_symbols() -> list[str]:
    """Return the symbols whose weights are fitted: those that count for or against a message."""
    owned = symbols()
    return sorted(
        name for name in weighted_symbols() if name in owned and owned[name].verdict is not Verdict.BULK
    )
