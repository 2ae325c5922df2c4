"""Fits a linear model to labelled examples: logistic regression by stochastic gradient descent.

Plain Python and a fixed seed, so that the same examples give the same bytes on every machine.  Words
are divided by the root of their number, so that a long letter does not outvote its form.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.detect.learned.grammar import is_grammar

SEED: Final = 20260731
WORD_SCALE: Final = 8.0
"""What the word features of one message weigh together, against 1 for each feature of its form."""

_WELL_KNOWN: Final = 0.01
"""An example whose class is predicted this well teaches nothing more in this round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled message as its features."""

    words: frozenset[str]
    shape: frozenset[str]
    unwanted: bool
    weight: float
    """Its share of the whole; near-duplicates share the weight of one."""
    source: str
    """Where it was collected; a feature must occur in several sources or often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The outcome of fitting."""

    weights: dict[str, float]
    bias: float

    def margin(self, words: Iterable[str], shape: Iterable[str]) -> float:
        """Return the log-odds that a message with these features is unwanted, before calibration."""
        return margin(self.weights, self.bias, words, shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to fit."""

    rounds: int = 6
    rate: float = 0.5
    decay: float = 2e-6
    """Pull of every weight towards zero at each step."""
    least_weight: float = 3.0
    """A feature counts when the examples that have it weigh this much together."""
    least_sources: int = 2


def margin(weights: dict[str, float], bias: float, words: Iterable[str], shape: Iterable[str]) -> float:
    """Return the log-odds of a message with these features."""
    known = [weight for weight in map(weights.get, words) if weight is not None]
    form = [weight for weight in map(weights.get, shape) if weight is not None]
    text = WORD_SCALE * math.fsum(known) / math.sqrt(len(known)) if known else 0.0
    return bias + text + math.fsum(form)


def balanced(examples: Sequence[Example], influence: dict[str, float]) -> list[float]:
    """Return the weight of each example such that wanted and unwanted of a source weigh the same.

    ``influence`` says what a source weighs against others; 1 where it says nothing.
    """
    totals: dict[tuple[str, bool], float] = {}
    for each in examples:
        side = each.source, each.unwanted
        totals[side] = totals.get(side, 0.0) + each.weight
    count = math.fsum(each.weight for each in examples)
    groups = math.fsum(influence.get(source, 1.0) for source, _ in totals)
    return [
        each.weight * influence.get(each.source, 1.0) * count / groups / totals[each.source, each.unwanted]
        for each in examples
    ]


def fit(
    examples: Sequence[Example],
    influence: dict[str, float],
    recipe: Recipe,
    vocabulary: frozenset[str] | None = None,
) -> Fit:
    """Return the model of ``examples``, of the features in ``vocabulary`` or of all that are frequent enough.

    The same arguments give the same model.
    """
    names = _vocabulary(examples, recipe) if vocabulary is None else sorted(vocabulary)
    number = {name: index for index, name in enumerate(names)}
    rows = [_row(each, number) for each in examples]
    shares = balanced(examples, influence)
    values = array("d", bytes(8 * len(names)))
    scale, bias, step = 1.0, 0.0, 0
    order = list(range(len(rows)))
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose, nothing secret
    steps = recipe.rounds * len(rows)
    for _ in range(recipe.rounds):
        chance.shuffle(order)
        for index in order:
            words, shape, size = rows[index]
            wanted = 1.0 if examples[index].unwanted else 0.0
            inner = size * sum([values[i] for i in words]) + sum([values[i] for i in shape])
            predicted = 1 / (1 + math.exp(-max(-30.0, min(30.0, bias + scale * inner))))
            rate = recipe.rate * (1 - step / steps)
            step += 1
            scale *= 1 - rate * recipe.decay
            missed = wanted - predicted
            if abs(missed) < _WELL_KNOWN:
                continue
            # Very heavy examples would throw the weights about.
            push = rate * min(5.0, shares[index]) * missed / 10
            bias += push * 0.1
            push /= scale
            pushed = push * size
            for i in words:
                values[i] += pushed
            push *= 0.3
            for i in shape:
                values[i] += push
    weights = {name: scale * values[index] for index, name in enumerate(names)}
    return Fit(weights=weights, bias=bias)


def pruned(fitted: Fit, most: int, digits: int = 3) -> Fit:
    """Return ``fitted`` with its ``most`` strongest weights, rounded to ``digits`` decimal places."""
    strongest = sorted(fitted.weights.items(), key=lambda item: (-abs(item[1]), item[0]))[:most]
    kept = {name: round(value, digits) for name, value in sorted(strongest)}
    return Fit(
        weights={name: value for name, value in kept.items() if value}, bias=round(fitted.bias, digits)
    )


def _vocabulary(examples: Sequence[Example], recipe: Recipe) -> list[str]:
    seen: dict[str, float] = {}
    sources: dict[str, set[str]] = {}
    for each in examples:
        for name in (*each.words, *each.shape):
            seen[name] = seen.get(name, 0.0) + each.weight
            if recipe.least_sources > 1:
                sources.setdefault(name, set()).add(each.source)
    return sorted(
        name
        for name, weight in seen.items()
        if weight >= recipe.least_weight
        and (recipe.least_sources < 2 or len(sources[name]) >= recipe.least_sources)
        and not is_grammar(name)
    )


def _row(example: Example, number: dict[str, int]) -> tuple[list[int], list[int], float]:
    words = sorted(number[word] for word in example.words if word in number)
    shape = sorted(number[each] for each in example.shape if each in number)
    return words, shape, WORD_SCALE / math.sqrt(len(words)) if words else 0.0
