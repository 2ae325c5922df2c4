"""Fitting, scaling, writing and reading a model, and what the detector says with one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Facts
from lazaretto.detect.learned.fitting import Example, Fit, Recipe, balanced, fit, pruned
from lazaretto.detect.learned.linear import Linear
from lazaretto.detect.learned.model import HIGHEST, LOWEST, SHIPPED, Model, Scale, read, shipped, written
from lazaretto.detect.learned.scaling import Held, caught, lost, scale_for
from lazaretto.mail.scanner import view_of

MODEL = Model(
    version="7",
    fitted=Fit(weights={"prize": 2.0, "claim prize": 1.0, "fence": -3.0, "s:a\u00e9": 0.5}, bias=-1.0),
    scale=Scale(slope=1.0, middle=0.0),
)
FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))


def _examples() -> list[Example]:
    return [
        Example(
            words=frozenset({"prize" if bad else "fence", "the", f"rare{i}"}),
            shape=frozenset({"h:date"}),
            unwanted=bad,
            weight=1.0,
            source="one" if i % 4 < 2 else "two",
        )
        for i in range(200)
        for bad in (i % 2 == 0,)
    ]


def test_fitting_finds_the_words_that_differ() -> None:
    weights = fit(_examples(), {}, Recipe()).weights
    assert weights["prize"] > 0.2
    assert weights["fence"] < -0.2
    assert abs(weights["the"]) < 0.05
    assert "rare1" not in weights


def test_the_same_examples_give_the_same_model() -> None:
    assert fit(_examples(), {}, Recipe()) == fit(_examples(), {}, Recipe())


def test_wanted_and_unwanted_mail_of_a_source_weigh_the_same() -> None:
    examples = _examples()[:150] + [each for each in _examples()[150:] if each.unwanted]
    sums: dict[tuple[str, bool], float] = {}
    for each, weight in zip(examples, balanced(examples, {"two": 0.5}), strict=True):
        sums[each.source, each.unwanted] = sums.get((each.source, each.unwanted), 0.0) + weight
    assert sums["one", True] == pytest.approx(sums["one", False])
    assert sums["two", True] == pytest.approx(sums["one", True] / 2)


def test_pruning_keeps_the_strongest_weights() -> None:
    assert set(pruned(MODEL.fitted, 2).weights) == {"prize", "fence"}


def test_a_model_is_read_back_as_it_was_written() -> None:
    assert read(written(MODEL)) == MODEL


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("prize\t2", "prize\t-2", 1),
        lambda text: text[:-4],
        lambda text: "",
        lambda text: text.replace('"format": 1', '"format": 2'),
    ],
)
def test_a_damaged_model_is_refused(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(ConfigurationError):
        read(damage(written(MODEL)))


def test_scores_are_bounded_on_both_sides() -> None:
    scale = Scale(slope=2.0, middle=1.0)
    assert [scale.score(x) for x in (-90.0, -1.0, 1.0, 2.0, 90.0)] == [LOWEST, 0.0, 0.0, 2.0, HIGHEST]


def test_the_scale_loses_no_more_than_allowed_and_nothing_of_what_must_not_be_lost() -> None:
    held = [Held(x / 10 - 5, 0.0, False, 1.0) for x in range(100)] + [
        Held(x / 10, 1.0, True, 1.0) for x in range(100)
    ]
    loose = scale_for(held, 0.05)
    assert 0 < lost(held, loose) <= 0.05
    assert caught(held, loose) > 0.4
    strict = scale_for([*held, Held(7.0, 0.0, False, 1.0, strict=True)], 0.05)
    assert lost([Held(7.0, 0.0, False, 1.0)], strict) == 0.0


def test_the_detector_shows_the_words_that_weighed_most() -> None:
    message = view_of(b"From: a@sender.example\r\nSubject: hello\r\n\r\nclaim prize\r\n")
    (finding,) = Linear(MODEL).look(message, FACTS, None)
    assert (finding.symbol, finding.evidence) == ("LEARNED_SPAM", "prize, claim prize")
    assert finding.score > 0


def test_the_detector_speaks_for_wanted_mail_within_its_bound() -> None:
    message = view_of(b"From: a@sender.example\r\nSubject: hello\r\n\r\nfence\r\n")
    (finding,) = Linear(MODEL).look(message, FACTS, None)
    assert finding.symbol == "LEARNED_HAM"
    assert finding.score == LOWEST


def test_the_shipped_model_is_whole_and_small() -> None:
    assert SHIPPED.endswith(".txt")
    assert 1_000 < len(shipped().fitted.weights) <= 60_000
    assert len(written(shipped()).encode()) < 3_000_000
