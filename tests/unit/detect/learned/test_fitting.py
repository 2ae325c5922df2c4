"""Fitting finds what differs, learns nothing from one source alone, and is repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from lazaretto.detect.learned.boosting import NUMBERS, boosted
from lazaretto.detect.learned.fitting import SHAPE, WORDS, Design, Table, fit, fit_findings, platt

COUNT = 200
BAD = [index % 2 == 0 for index in range(COUNT)]
SOURCES = ["one" if index % 4 < 2 else "two" for index in range(COUNT)]
TABLE = Table(BAD, [1.0] * COUNT, SOURCES)
ALL = np.ones(COUNT, bool)


def words() -> Design:
    return Design(
        {"prize" if bad else "fence", "same", f"rare{index}", f"footer {SOURCES[index]}"}
        for index, bad in enumerate(BAD)
    )


def test_fitting_finds_the_words_that_differ() -> None:
    weights = fit(TABLE, words(), WORDS, ALL).fit(words(), 100).weights

    assert weights["prize"] > 0.2
    assert weights["fence"] < -0.2
    assert abs(weights.get("same", 0.0)) < 0.05
    assert "rare1" not in weights


def test_what_only_one_source_has_is_not_learned() -> None:
    assert not any(
        name.startswith("footer") for name in fit(TABLE, words(), WORDS, ALL).fit(words(), 100).weights
    )


def test_the_same_examples_give_the_same_model() -> None:
    assert fit(TABLE, words(), SHAPE, ALL).fit(words(), 9) == fit(TABLE, words(), SHAPE, ALL).fit(words(), 9)


def test_wanted_and_unwanted_mail_of_a_source_weigh_the_same() -> None:
    chosen = np.array([bad or index < 100 for index, bad in enumerate(BAD)])
    shares = TABLE.balanced(chosen)
    for source in ("one", "two"):
        rows = np.array(SOURCES) == source
        assert shares[rows & TABLE.unwanted].sum() == pytest.approx(shares[rows & ~TABLE.unwanted].sum())


def test_a_rule_keeps_the_sign_that_people_gave_it() -> None:
    design = Design(({"SPOKE"} if not bad else {"LURE"} for bad in BAD), ["LURE", "RARE", "SPOKE"])
    found = fit_findings(TABLE, design, {"LURE": 1.0, "RARE": 2.0, "SPOKE": 0.5}, ALL)

    assert found.weights[0] > 1.0
    assert found.weights[1] == pytest.approx(2.0, abs=0.01)
    assert found.weights[2] == 0.0


def test_scores_become_log_odds() -> None:
    scores = np.array([8.0 if bad else 1.0 for bad in BAD])
    slope, offset = platt(scores, TABLE.unwanted, np.full(COUNT, 1 / COUNT))

    assert slope * 8 + offset > 2
    assert slope * 1 + offset < -2


def test_trees_learn_what_the_sum_misses() -> None:
    """Two signs that mean nothing alone and something together."""
    one = np.array([(index // 2) % 2 for index in range(COUNT * 5)], float)
    other = np.array([(index // 4) % 2 for index in range(COUNT * 5)], float)
    findings = np.column_stack([one, other])
    numbers = np.zeros((len(one), len(NUMBERS)))
    bad = (one > 0) & (other > 0)
    from scipy.sparse import csr_matrix

    start = np.zeros(len(one))
    weights = np.full(len(one), 1 / len(one))
    forest = boosted(["A", "B"], csr_matrix(findings), numbers, bad, weights, start, 1.0, "1")

    assert forest.shift({"A": 1.0, "B": 1.0}) > forest.shift({"A": 1.0}) + 0.3
