"""A domain resembles another when a hurried reader would take it for that one."""

from __future__ import annotations

import pytest

from lazaretto.detect.impersonation.likeness import resembles
from lazaretto.detect.impersonation.protected_names import words_of_name

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
