"""A domain resembles another when a hurried reader would take it for that one."""

from __future__ import annotations

import pytest

from lazaretto.detect.impersonation.likeness import resembles
from lazaretto.detect.impersonation.names import Likeness, likeness, words_of_name

OWN = "customer.example"


@pytest.mark.parametrize(
    "domain",
    [
        pytest.param("custorner.example", id="rn for m"),
        pytest.param("custom3r.example", id="one letter replaced"),
        pytest.param("custmer.example", id="one letter left out"),
        pytest.param("customerr.example", id="one letter more"),
        pytest.param("cutsomer.example", id="neighbours swapped"),
        pytest.param("xn--ustomer-xjg.example", id="Cyrillic es"),
        pytest.param("customer.example.evil.test", id="as the beginning of another"),
        pytest.param("customer.test", id="another end"),
        pytest.param("customer-invoices.test", id="a word of business behind"),
        pytest.param("mycustomer.test", id="a word in front"),
    ],
)
def test_a_look_alike_is_recognised(domain: str) -> None:
    assert resembles(domain, OWN)


@pytest.mark.parametrize(
    "domain", [OWN, "mail.customer.example", "bakery.example", "customs.example", "custom.example"]
)
def test_others_are_left_alone(domain: str) -> None:
    assert not resembles(domain, OWN)


def test_short_names_are_not_taken_for_one_another() -> None:
    """One edit makes half of all three-letter domains alike."""
    assert not resembles("ing.example", "ind.example")


@pytest.mark.parametrize(
    "name", ["Dupont, Elise", "élise DUPONT", "Mrs. Elise Dupont (CEO)", "Elise  Dupont via list"]
)
def test_spellings_of_one_name_have_the_same_words(name: str) -> None:
    assert words_of_name(name) == words_of_name("Élise Dupont")


def test_a_single_word_names_nobody() -> None:
    assert words_of_name("Elise") == frozenset()


@pytest.mark.parametrize(
    ("shown", "near"),
    [
        pytest.param("Elise Dupont", Likeness.SAME, id="without accents"),
        pytest.param("E. Dupont", Likeness.SIMILAR, id="an initial"),
        pytest.param("Dupont, Liz", Likeness.SIMILAR, id="a short form, surname first"),
        pytest.param("Élise Dupond", Likeness.SIMILAR, id="one letter replaced"),
        pytest.param("Еlise Duроnt", Likeness.SAME, id="Cyrillic letters"),
        pytest.param("Elise Dupont - CEO Office", Likeness.SAME, id="with a few words more"),
        pytest.param("E. D.", Likeness.NONE, id="initials alone"),
        pytest.param("Elise Martin", Likeness.NONE, id="another surname"),
        pytest.param("Marc Dupont", Likeness.NONE, id="another first name"),
        pytest.param("Elise", Likeness.NONE, id="a first name alone"),
    ],
)
def test_names_are_as_near_as_a_reader_finds_them(shown: str, near: Likeness) -> None:
    assert likeness(words_of_name(shown), words_of_name("Élise Dupont")) is near
