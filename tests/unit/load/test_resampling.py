"""How sure a comparison of catches is."""

from __future__ import annotations

import numpy as np

from tests.load.resampling import Judged, catch_of, drawn_weights, lead_of

WANTED, UNWANTED = 400, 200
JUDGED = Judged(
    source=np.array(["a"] * (WANTED + UNWANTED)),
    unwanted=np.array([False] * WANTED + [True] * UNWANTED),
    weight=np.ones(WANTED + UNWANTED),
)
GOOD, BAD = ~JUDGED.unwanted, JUDGED.unwanted


def _scores(caught: int) -> np.ndarray:
    """Return scores under which ``caught`` unwanted messages stand above all wanted ones."""
    wanted = np.linspace(0, 1, WANTED)
    return np.concatenate([wanted, np.full(caught, 2.0), np.full(UNWANTED - caught, -1.0)])


def test_limits_stand_around_the_catch_and_are_about_as_wide_as_its_error() -> None:
    draws = list(drawn_weights(JUDGED, 200))
    at_one_per_cent = catch_of(JUDGED, _scores(100), GOOD, BAD, draws)[0]
    assert at_one_per_cent.at == 0.5
    assert at_one_per_cent.low < 0.5 < at_one_per_cent.high
    assert 0.09 < at_one_per_cent.high - at_one_per_cent.low < 0.19


def test_a_lead_on_the_same_messages_is_surer_than_either_catch() -> None:
    draws = list(drawn_weights(JUDGED, 200))
    lead = lead_of(JUDGED, (_scores(120), _scores(100)), GOOD, BAD, draws)[0]
    assert round(lead.at, 4) == 0.1
    assert 0.05 < lead.low < lead.at < lead.high < 0.15


def test_no_lead_over_itself() -> None:
    draws = list(drawn_weights(JUDGED, 20))
    same = _scores(100)
    assert all(
        (each.low, each.high) == (0.0, 0.0) for each in lead_of(JUDGED, (same, same), GOOD, BAD, draws)
    )


def test_the_same_scores_give_the_same_limits() -> None:
    first, second = (list(drawn_weights(JUDGED, 5)) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def test_each_draw_has_as_many_messages_of_either_kind() -> None:
    for drawn in drawn_weights(JUDGED, 5):
        assert drawn[GOOD].sum() == WANTED
        assert drawn[BAD].sum() == UNWANTED
