"""How far a figure can be trusted that comes from little wanted mail."""

from __future__ import annotations

import numpy as np
import pytest

from lazaretto.run.training_quality import STEPS, between, catch_at


def _mail(wanted: int, unwanted: int = 1000) -> tuple[object, object, object, object]:
    """Return scores, weights and sides: wanted mail from 0 to 1, unwanted from 0 to 2, evenly."""
    scores = np.concatenate([np.linspace(0, 1, wanted) ** 0.5, np.linspace(0, 2, unwanted)])
    good = np.arange(wanted + unwanted) < wanted
    return scores, np.ones(wanted + unwanted), good, ~good


def test_catch_rises_with_what_may_be_lost() -> None:
    catch = catch_at(*_mail(20_000))

    assert list(catch) == sorted(catch, reverse=True)
    assert catch[-1] == pytest.approx(0.5, abs=0.01)


def test_much_wanted_mail_tells_more_exactly_than_little() -> None:
    def width(wanted: int) -> float:
        low, high = between(*_mail(wanted))[STEPS.index(0.01)]
        return high - low

    assert width(100) > 3 * width(20_000) > 0


def test_the_catch_lies_within_its_bounds() -> None:
    for wanted in (30, 3_000):
        mail = _mail(wanted)
        bounds = zip(catch_at(*mail), between(*mail), strict=True)
        assert all(low <= catch <= high for catch, (low, high) in bounds)
