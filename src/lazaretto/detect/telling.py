"""What findings mean, in the languages of those who read it.

English stands on the cards.  The others stand beside the rules, or in ``lists/words.txt`` for
findings that no rule file describes; a test holds both complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from lazaretto.detect.content.rules import rules
from lazaretto.detect.registry import symbols
from lazaretto.detect.wordlists import words_in

LANGUAGES: Final = ("en", "fr", "nl", "de")
"""The first stands in for what a newer bundle has not translated yet."""


def told(symbol: str, language: str) -> str:
    """Return what a finding of ``symbol`` means, in ``language`` or else in English.

    A symbol that nobody owns any more, in an old trace say, is told by its name.
    """
    return _sentences().get((symbol, language)) or _sentences().get((symbol, LANGUAGES[0])) or symbol


def missing() -> list[str]:
    """Return each ``SYMBOL language`` that has no words of its own."""
    return [
        f"{name} {language}"
        for name in sorted(symbols())
        for language in LANGUAGES
        if not _sentences().get((name, language))
    ]


@cache
def _sentences() -> dict[tuple[str, str], str]:
    return {(name, language): text for name, language, text in _all()}


def _all() -> Iterator[tuple[str, str, str]]:
    for line in words_in("lists/words.txt"):
        name, *texts = line.split("|")
        yield from ((name, language, text) for language, text in zip(LANGUAGES[1:], texts, strict=True))
    for rule in rules():
        for language, text in (("fr", rule.fr), ("nl", rule.nl), ("de", rule.de)):
            if text:
                yield rule.name, language, text
    for name, symbol in symbols().items():
        yield name, LANGUAGES[0], symbol.summary
