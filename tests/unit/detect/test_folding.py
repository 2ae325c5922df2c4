"""What looks alike is spelt alike, in time that grows with the text and no faster."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.detect.folding import folded, mixed_words, skeleton


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("  Two\r\n  WORDS ", "two words", id="case and space"),
        pytest.param("Sécurité", "securite", id="accents"),
        pytest.param("ver\u200bify\u00ad", "verify", id="invisible characters"),
        pytest.param("Ｐａｙ 𝐏𝐚𝐲", "pay pay", id="full-width and mathematical letters"),
        pytest.param("Pаypаl", "paypal", id="Cyrillic among Latin letters"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param("привет", "привет", id="words of another script stay"),
    ],
)
def test_a_disguise_is_seen_through(written: str, read: str) -> None:
    assert folded(written) == read


def test_only_words_of_two_scripts_are_mixed() -> None:
    assert mixed_words("Pаypаl привет hello") == ["pаypаl"]


def test_a_skeleton_is_what_it_looks_like() -> None:
    assert skeleton("аnn") == skeleton("Ann")


@given(st.text(max_size=200))
def test_folding_ascii_output_twice_changes_nothing(text: str) -> None:
    once = folded(text)

    assert folded(once) == once or not once.isascii()


def test_a_long_word_costs_no_more_than_its_length() -> None:
    started = time.thread_time()

    folded("é" + "a" * 200_000)
    mixed_words("é" + "a" * 200_000)

    assert time.thread_time() - started < 2


def test_every_kind_of_space_is_one_space_whatever_the_alphabet() -> None:
    text = "\t Two\r\n\x0b quotes\x1c \x1f  for\x0cthe OATS \n"

    assert folded(text) == "two quotes for the oats"
    assert folded(text + "é") == "two quotes for the oats e"
