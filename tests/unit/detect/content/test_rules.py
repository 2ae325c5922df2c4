"""Every rule finds its own examples and leaves the honest ones alone, whichever engine looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lazaretto.detect.content.matching import HyperscanMatcher, Matcher, Re2Matcher, hyperscan
from lazaretto.detect.content.rules import Example, Field, Rule, rules
from lazaretto.detect.content.ruleset import RuleSet
from lazaretto.detect.folding import folded

_FOLDED = (Field.WORDS, Field.SUBJECT, Field.SENDER, Field.NAMES)


def texts(example: Example) -> dict[Field, bytes]:
    return {
        field: (
            folded(getattr(example, field.value)) if field in _FOLDED else getattr(example, field.value)
        ).encode()
        for field in Field
    }


@pytest.fixture(scope="module", params=[HyperscanMatcher, Re2Matcher])
def ruleset(request: pytest.FixtureRequest) -> RuleSet:
    engine: Callable[[Sequence[str]], Matcher] = request.param
    if engine is HyperscanMatcher and hyperscan is None:
        engine = Re2Matcher
    return RuleSet(rules(), engine)


def names_of(ruleset: RuleSet, example: Example) -> set[str]:
    return {hit.rule.name for hit in ruleset.hits(texts(example))}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_finds_its_positive_examples(rule: Rule, ruleset: RuleSet) -> None:
    missed = [example for example in rule.found_in if rule.name not in names_of(ruleset, example)]

    assert missed == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_leaves_its_negative_examples_alone(rule: Rule, ruleset: RuleSet) -> None:
    wrong = [example for example in rule.not_found_in if rule.name in names_of(ruleset, example)]

    assert wrong == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_has_two_examples_of_each_kind(rule: Rule) -> None:
    assert len(rule.positive) >= 2
    assert len(rule.negative) >= 2


def test_both_engines_find_the_same() -> None:
    """Where hyperscan has no wheel, RE2 takes its place, and customers must not notice."""
    if hyperscan is None:
        return
    fast, portable = RuleSet(rules(), HyperscanMatcher), RuleSet(rules(), Re2Matcher)
    examples = [example for rule in rules() for example in (*rule.found_in, *rule.not_found_in)]

    assert [names_of(fast, example) for example in examples] == [
        names_of(portable, example) for example in examples
    ]
