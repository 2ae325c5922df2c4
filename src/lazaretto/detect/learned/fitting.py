"""Fits what is learned to labelled examples: logistic regressions over words, form and findings.

Each is fitted to every source alike.  The weights of rules start from those that people gave them and
move only as far as the examples push, for what people know of lures is worth more than one
collection.  No step uses chance, so the same examples give the same model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize

from lazaretto.detect.learned.grammar import is_grammar
from lazaretto.detect.learned.linear_fit import WORD_SCALE, Fit

Vector = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_MOST_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to fit one of the regressions."""

    pull: float
    """How strongly every weight is pulled to its prior."""
    least_weight: float = 3.0
    """A feature counts when the examples that have it weigh this much together."""
    least_sources: int = 2
    by_length: bool = False
    """Divide by the root of the number of features, so that a long letter does not outvote its form."""


WORDS: Final = Recipe(pull=1e-4, by_length=True)
SHAPE: Final = Recipe(pull=3e-4)
FINDINGS_PULL: Final = 3e-2
"""Strong: a rule that one collection contradicts may hold everywhere else."""


class Table:
    """The examples without their features: what each is, weighs, and where it was collected."""

    def __init__(self, unwanted: Sequence[bool], weight: Sequence[float], source: Sequence[str]) -> None:
        self.unwanted: Mask = np.array(unwanted, bool)
        self.weight: Vector = np.array(weight, float)
        self.source = np.array(source)

    def balanced(self, chosen: Mask) -> Vector:
        """Return weights of the ``chosen`` such that wanted and unwanted of every source weigh the same."""
        shares: Vector = np.where(chosen, self.weight, 0.0)
        for source in sorted(set(self.source[chosen])):
            for unwanted in (False, True):
                side = (self.source == source) & (self.unwanted == unwanted)
                total = shares[side].sum()
                if total > 0:
                    shares[side] /= total
        balanced: Vector = shares / shares.sum()
        return balanced


class Design:
    """One family of features as a sparse matrix: a row for each example, a column for each feature."""

    def __init__(self, rows: Iterable[Iterable[str]], names: Sequence[str] | None = None) -> None:
        """Take every feature of ``rows`` that is not mere grammar, or the columns ``names`` alone."""
        number: dict[str, int] = {name: index for index, name in enumerate(names or ())}
        columns: list[int] = []
        ends = [0]
        for row in rows:
            for name in sorted(row):
                index = number.get(name)
                if index is None and names is None and not is_grammar(name):
                    index = number[name] = len(number)
                if index is not None:
                    columns.append(index)
            ends.append(len(columns))
        self.names = list(number)
        values = np.ones(len(columns))
        shape = (len(ends) - 1, len(number))
        self.matrix: Any = sp.csr_matrix((values, np.array(columns, np.int32), np.array(ends)), shape=shape)

    def scaled(self, columns: Mask, by_length: bool) -> Any:
        """Return the rows over ``columns``."""
        kept = self.matrix[:, np.flatnonzero(columns)]
        if not by_length:
            return kept
        counts = np.maximum(np.asarray(kept.sum(axis=1)).ravel(), 1.0)
        return sp.diags(WORD_SCALE / np.sqrt(counts)) @ kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A regression in numbers: for which columns it has which weights."""

    columns: Mask
    weights: Vector
    bias: float
    by_length: bool

    def log_odds(self, design: Design, rows: Mask) -> Vector:
        """Return the log-odds of ``rows``."""
        found: Vector = self.log_odds_of_all(design)[rows]
        return found

    def log_odds_of_all(self, design: Design) -> Vector:
        """Return the log-odds of every row."""
        found: Vector = design.scaled(self.columns, self.by_length) @ self.weights + self.bias
        return found

    def fit(self, design: Design, most: int, digits: int = 3) -> Fit:
        """Return the ``most`` strongest weights by name, rounded."""
        names = np.array(design.names, object)[self.columns]
        pairs = zip(names, self.weights.tolist(), strict=True)
        strongest = sorted(pairs, key=lambda pair: (-abs(pair[1]), pair[0]))[:most]
        kept = {name: round(value, digits) for name, value in sorted(strongest)}
        return Fit(
            weights={name: value for name, value in kept.items() if value}, bias=round(self.bias, digits)
        )


def fit(table: Table, design: Design, recipe: Recipe, chosen: Mask) -> Solved:
    """Return the regression of the ``chosen`` examples over the features that enough of them share."""
    weights = np.where(chosen, table.weight, 0.0)
    enough = design.matrix.T @ weights >= recipe.least_weight
    sources = sum(
        ((design.matrix.T @ (chosen & (table.source == source)).astype(float)) > 0).astype(int)
        for source in sorted(set(table.source))
    )
    columns: Mask = enough & (sources >= recipe.least_sources)
    count = int(columns.sum())
    rows = design.scaled(columns, recipe.by_length)
    return _solved(table, rows, columns, chosen, recipe, np.zeros(count), [(None, None)] * count)


def fit_findings(table: Table, design: Design, priors: Mapping[str, float], chosen: Mask) -> Solved:
    """Return a weight for each symbol of ``design``, near what ``priors`` say and of the same sign."""
    start = np.array([priors[name] for name in design.names])
    bounds = [(0.0, 6.0) if value >= 0 else (-3.0, 0.0) for value in start]
    columns = np.ones(len(design.names), bool)
    recipe = Recipe(pull=FINDINGS_PULL)
    return _solved(table, design.matrix, columns, chosen, recipe, start, bounds)


def _solved(
    table: Table,
    rows: Any,
    columns: Mask,
    chosen: Mask,
    recipe: Recipe,
    priors: Vector,
    bounds: Sequence[tuple[float | None, float | None]],
) -> Solved:
    rows = rows[np.flatnonzero(chosen)]
    weights = table.balanced(chosen)[chosen]
    signs = np.where(table.unwanted[chosen], 1.0, -1.0)
    turned = rows.T.tocsr()

    def loss(at: Vector) -> tuple[float, Vector]:
        missed = -signs * (rows @ at[:-1] + at[-1])
        push = -weights * signs / (1 + np.exp(-np.clip(missed, -40, 40)))
        away = at[:-1] - priors
        slope = np.append(turned @ push + recipe.pull * away, push.sum())
        return float(weights @ np.logaddexp(0, missed) + recipe.pull / 2 * away @ away), slope

    found = minimize(
        loss,
        np.append(priors, 0.0),
        jac=True,
        method="L-BFGS-B",
        bounds=[*bounds, (None, None)],
        options={"maxiter": _MOST_ROUNDS},
    )
    return Solved(columns=columns, weights=found.x[:-1], bias=float(found.x[-1]), by_length=recipe.by_length)


def platt(scores: Vector, unwanted: Mask, weights: Vector) -> tuple[float, float]:
    """Return slope and offset by which ``scores`` become log-odds of being unwanted."""
    signs = np.where(unwanted, 1.0, -1.0)

    def loss(at: Vector) -> tuple[float, Vector]:
        missed = -signs * (at[0] * scores + at[1])
        push = -weights * signs / (1 + np.exp(-np.clip(missed, -40, 40)))
        return float(weights @ np.logaddexp(0, missed)), np.array([push @ scores, push.sum()])

    found = minimize(
        loss, np.array([0.5, -2.0]), jac=True, method="L-BFGS-B", bounds=[(0.05, 5), (None, None)]
    )
    return float(found.x[0]), float(found.x[1])
