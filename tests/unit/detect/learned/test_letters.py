"""Our own letters: enough of them, in four languages, and the same every time."""

from __future__ import annotations

from collections import Counter

import pytest

from lazaretto.detect.learned.letters.composing import composed, letters, wrapped
from lazaretto.mail.scanner import view_of


@pytest.mark.parametrize("name", ["wanted", "lures"])
def test_there_are_letters_enough_in_each_language(name: str) -> None:
    counts = Counter(letter.language for letter in letters(name))
    assert sum(counts.values()) >= 60
    assert min(counts[language] for language in ("en", "fr", "nl", "de")) >= 7


@pytest.mark.parametrize("name", ["wanted", "lures"])
def test_every_letter_becomes_a_well_formed_message_without_blanks(name: str) -> None:
    for made in composed(name, 2):
        view = view_of(made.octets)
        assert view.author is not None, made.family
        assert len(view.text) > 40, made.family
        assert "{" not in view.subject + view.text, made.family
        assert not view.anomalies, made.family


def test_composing_twice_gives_the_same_octets() -> None:
    assert list(composed("lures", 2)) == list(composed("lures", 2))


def test_a_page_is_wrapped_under_its_own_title() -> None:
    page = "<html><head><title>News &amp; more</title></head><body><p>Hello reader</p></body></html>"
    view = view_of(wrapped("news", page, 0).octets)
    assert (view.subject, view.text.strip()) == ("News & more", "Hello reader")
