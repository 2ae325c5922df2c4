"""What the linter says, in the languages of people.

Remarks are made in English, where they are found.  Here each of their sentences stands beside its words
in other languages; what the document says in it (an address, a name) is taken over as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "fr", "nl", "de")
_PLACE: Final = re.compile(r"\{\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in every language; ``{}`` or ``{0}`` stand for what a document says."""

    words: Mapping[str, str]
    pattern: re.Pattern[str]

    def said(self, text: str, language: str) -> str | None:
        """Return ``text`` in ``language``; None when it is another sentence."""
        found = self.pattern.fullmatch(text)
        return self.words[language].format(*found.groups()) if found else None


def in_language(text: str, language: str) -> str:
    """Return the remark ``text`` in ``language``; in English where nobody has translated it."""
    if language == ENGLISH or language not in LANGUAGES:
        return text
    for sentence in sentences():
        said = sentence.said(text, language)
        if said is not None:
            return said
    return text


@cache
def sentences() -> tuple[Sentence, ...]:
    """Return every sentence, those first that leave least open: others would fit them as well."""
    text = files("lazaretto.tenants").joinpath("remark_words.toml").read_text(encoding="utf-8")
    found = [Sentence(words, _pattern(words[ENGLISH])) for words in tomllib.loads(text)["words"]]
    return tuple(sorted(found, key=lambda each: -len(_PLACE.sub("", each.words[ENGLISH]))))


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+)".join(map(re.escape, _PLACE.split(english))))
