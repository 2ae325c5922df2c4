"""Rates of labelled mail: each cluster counts once, thresholds never exceed what they promise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.findings import Verdict
from lazaretto.run.scorecard import Scored, catch_at, scorecard


def _scored(label: str, score: float, verdict: Verdict = Verdict.CLEAN, **more: str) -> Scored:
    return Scored(file="x.eml", label=label, verdict=verdict, score=score, milliseconds=2.0, **more)


def test_a_cluster_of_near_duplicates_has_weight_one() -> None:
    caught = [_scored("spam", 9, Verdict.SPAM, set_name="a", cluster="1") for _ in range(9)]
    missed = [_scored("spam", 1, set_name="a", cluster="2")]

    assert scorecard(caught + missed)["all"]["catch"] == 0.5


def test_clusters_of_different_sets_are_different_clusters() -> None:
    scored = [
        _scored("spam", 9, Verdict.SPAM, set_name="a", cluster="1"),
        _scored("spam", 1, set_name="b", cluster="1"),
    ]

    assert scorecard(scored)["all"]["catch"] == 0.5
    assert scorecard(scored)["sets"]["a"]["catch"] == 1.0


def test_phishing_that_is_called_malware_is_caught_and_ham_called_bulk_is_not_a_false_positive() -> None:
    card = scorecard([_scored("phishing", 9, Verdict.MALWARE), _scored("ham", 3, Verdict.BULK)])

    assert card["all"]["catch"] == 1.0
    assert card["all"]["fp"] == 0.0


def test_rates_without_mail_of_their_kind_are_unknown_not_zero() -> None:
    card = scorecard([_scored("ham", 0)])

    assert card["all"]["catch"] is None
    assert card["all"]["catch_at_fp"]["0"] is None


def test_kinds_count_what_was_flagged_whatever_their_label() -> None:
    card = scorecard([_scored("other", 9, Verdict.SPAM, kind="dsn"), _scored("other", 0, kind="dsn")])

    assert card["kinds"] == {"dsn": {"n": 2, "flagged": 1}}


def test_messages_of_equal_score_cross_the_threshold_together() -> None:
    wanted = [(_scored("ham", 5), 1.0)]
    unwanted = [(_scored("spam", 5), 1.0), (_scored("spam", 7), 1.0)]

    assert catch_at(wanted, unwanted, 0.0) == 0.5
    assert catch_at(wanted, unwanted, 1.0) == 1.0


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=30),
    st.lists(st.integers(0, 9), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_catch_at_equals_the_best_honest_threshold(ham: list[int], spam: list[int], allowed: float) -> None:
    wanted = [(_scored("ham", score), 1.0) for score in ham]
    unwanted = [(_scored("spam", score), 1.0) for score in spam]

    best = 0.0
    for threshold in range(11):
        if sum(score >= threshold for score in ham) / len(ham) <= allowed:
            best = max(best, sum(score >= threshold for score in spam) / len(spam))

    assert catch_at(wanted, unwanted, allowed) == pytest.approx(best, abs=1e-6)
