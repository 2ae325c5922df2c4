"""Every finding can be told in every language."""

from __future__ import annotations

import pytest

from lazaretto.detect.registry import symbols
from lazaretto.detect.telling import LANGUAGES, missing, told


def test_no_symbol_lacks_words() -> None:
    """Add a line ``SYMBOL|French|Dutch|German`` to src/lazaretto/detect/lists/words.txt."""
    assert missing() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_read_like_a_line_of_a_list(language: str) -> None:
    wrong = [
        name
        for name in symbols()
        if (text := told(name, language)).endswith(".") or not text[:1].isupper() or len(text) > 110
    ]

    assert wrong == []


def test_another_language_is_told_in_english_and_an_unknown_symbol_by_its_name() -> None:
    assert told("URL_SHORTENER", "tlh") == "A link is hidden behind a shortener"
    assert told("GONE_SINCE", "de") == "GONE_SINCE"
