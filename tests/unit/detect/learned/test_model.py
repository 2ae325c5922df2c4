"""Writing and reading models and trees, how they join, and what the detector says with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.detect.learned import model, trees
from lazaretto.detect.learned.combining import DEEPEST, by_chance, score_of
from lazaretto.detect.learned.linear import Linear
from lazaretto.detect.learned.linear_fit import Fit
from lazaretto.detect.learned.model import HIGHEST, LOWEST, Model
from lazaretto.detect.learned.trees import BOUND, Forest, Tree
from lazaretto.mail.scanner import view_of

MODEL = Model(
    version="7",
    words=Fit(weights={"prize": 2.0, "claim prize": 1.0, "fence": -3.0, "s:a\u00e9": 0.5}, bias=-1.0),
    shape=Fit(weights={"h:date": 0.25}, bias=0.5),
    middle=0.5,
    slope=0.8,
    offset=-4.0,
)
FOREST = Forest(
    version="7",
    features=("URL_SHORTENER", "#words"),
    middle=0.0,
    trees=(Tree((0, 1), (0.5, 1.0), (-1, -2), (1, -3), (0.0, 0.1, 0.2)),),
)
NO_TREES = Forest(version="7", features=(), middle=0.0, trees=())
FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
LURE = Finding("URL_SHORTENER", 2.0)


def findings_in(text: bytes, *before: Finding, forest: Forest = NO_TREES) -> list[Finding]:
    message = view_of(b"From: a@sender.example\r\nSubject: hello\r\n\r\n" + text + b"\r\n")
    return list(Linear(MODEL, forest).combine(message, FACTS, before, None))


def test_a_model_and_its_trees_are_read_back_as_they_were_written() -> None:
    assert model.read(model.written(MODEL)) == MODEL
    assert trees.read(trees.written(FOREST)) == FOREST


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("prize\t2", "prize\t-2", 1),
        lambda text: text[:-4],
        lambda text: "",
        lambda text: text.replace('"format": 2', '"format": 1'),
    ],
)
def test_a_damaged_model_is_refused(damage: Callable[[str], str]) -> None:
    with pytest.raises(ConfigurationError):
        model.read(damage(model.written(MODEL)))
    with pytest.raises(ConfigurationError):
        trees.read(trees.written(FOREST)[:-5])


@pytest.mark.parametrize(
    ("words", "known", "score"),
    [
        pytest.param(90.0, 0.0, 1.9, id="log-odds count up to a bound"),
        pytest.param(-90.0, 9.0, -2.9, id="either way"),
        pytest.param(-90.0, 1.5, -1.85, id="an excuse takes a message hardly below nothing"),
        pytest.param(-90.0, 0.0, -0.725, id="nor where rules raised nothing"),
    ],
)
def test_the_models_join_the_rules_within_bounds(words: float, known: float, score: float) -> None:
    assert score_of(words, 0.0, 0.0, 0.5, known, 0) == pytest.approx(score)
    assert LOWEST <= score <= HIGHEST


def test_long_texts_say_much_by_chance_but_never_most_of_it() -> None:
    short, long, endless = (by_chance(6.0, length) for length in (0, 4_096, 1 << 30))

    assert short == 0.0 < long < endless < 0.6 * 6.0
    assert by_chance(-1.0, 4_096) == 0.0


def test_words_order_harmless_messages_a_little_below_nothing() -> None:
    very, hardly = (score_of(words, 0.0, 0.0, 0.5, 1.0, 0) for words in (-6.0, -2.0))

    assert -1.0 - DEEPEST <= very < hardly < 0


def test_trees_follow_their_limits_and_stay_within_their_bound() -> None:
    assert FOREST.shift({}) == 0.0
    assert FOREST.shift({"URL_SHORTENER": 1.0, "#words": 0.5}) == 0.1
    assert FOREST.shift({"URL_SHORTENER": 1.0, "#words": 2.0}) == 0.2
    tall = Forest(
        version="1", features=("X",), middle=0.0, trees=(Tree((0,), (0.5,), (-1,), (-2,), (0.0, 9.0)),)
    )
    assert tall.shift({"X": 1.0}) == BOUND


def test_the_probability_grows_with_the_score() -> None:
    assert MODEL.probability(5) == pytest.approx(0.5)
    assert MODEL.probability(-50) < 0.1 < 0.9 < MODEL.probability(60) <= 1.0


def test_the_detector_shows_the_words_that_weighed_most() -> None:
    (finding,) = findings_in(b"claim prize")

    assert (finding.symbol, finding.evidence) == ("LEARNED_SPAM", "prize, claim prize")
    assert finding.score > 0


def test_the_detector_excuses_hardly_more_than_was_raised() -> None:
    (finding,) = findings_in(b"fence", LURE)

    assert finding.symbol == "LEARNED_HAM"
    assert -LURE.score - DEEPEST <= finding.score < -LURE.score


def test_what_the_models_were_not_fitted_with_is_never_excused() -> None:
    assert findings_in(b"fence", Finding("FROM_PROTECTED_NAME", 6.0, "", Verdict.PHISHING)) == []


def test_trees_have_a_finding_of_their_own() -> None:
    names = {finding.symbol for finding in findings_in(b"claim prize", LURE, forest=FOREST)}

    assert names == {"LEARNED_SPAM", "LEARNED_TOGETHER"}


def test_what_is_shipped_is_whole_and_small() -> None:
    assert 1_000 < len(model.shipped().words.weights) <= 80_000
    assert 100 < len(model.shipped().shape.weights) <= 6_000
    assert trees.shipped().trees
    size = len(model.written(model.shipped()).encode()) + len(trees.written(trees.shipped()).encode())
    assert size < 4_000_000
