"""Which language a text is in: by its script, or by the small words that nobody can do without."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

LONGEST: Final = 20_000
LEAST: Final = 4
"""Small words, or letters of a script, below which nothing is said."""
LEAD: Final = 1.3
"""How many times as many as of the second-best language."""
_SMALL_WORDS: Final = {
    "en": "the and of to is in you your for with this that are have was will be please our from not we it",
    "de": "der die und das ist nicht sie wir ich mit für auf ein eine den dem von zu bitte ihre sind wird",
    "nl": "de het een en van is niet wij ik met voor op uw u dat zijn wordt naar graag bij deze aan heeft",
    "fr": "le la les et des est vous nous une pour dans votre avec que qui pas sur cette du au je merci",
    "es": "el la los las y es que una por para con su usted del en se no como más este esta gracias lo",
    "pt": "o a os as e é que uma por para com seu você do da em não se mais este esta obrigado ao dos",
    "it": "il la gli e è che una per con suo lei del della in non si più questo questa grazie di al sono",
    "pl": "i w z na do nie się jest że to dla od po jak czy oraz nas proszę które pan pani",
    "cs": "a v na se je že to pro od po jak by ve jsme prosím který váš jsou nebo není",
    "tr": "ve bir bu için ile da de çok olarak daha ne gibi sizin lütfen var değil olan size",
    "sv": "och att det är som en på för med av inte den till har vi du ett om er vänligen kan",
    "da": "og at det er som en på for med af ikke den til har vi du et om venligst kan jeres",
}
_LANGUAGES_OF: Final[dict[str, tuple[str, ...]]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in _words.split():
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language)
_WORD: Final = re.compile(r"[^\W\d_]{1,20}")
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("el", re.compile(r"[\u03b1-\u03c9]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("ar", re.compile(r"[\u0621-\u064a]")),
    ("th", re.compile(r"[\u0e01-\u0e2e]")),
    ("uk", re.compile(r"[\u0456\u0457\u0454\u0491]")),
    ("ru", re.compile(r"[\u044b\u044d\u0451\u044a]")),
)
"""The first whose letters stand in a text; Ukrainian and Russian by the letters that the other lacks."""


def language_of(text: str) -> str:
    """Return the language of ``text`` in two letters (ISO 639-1); empty where it cannot be told."""
    some = text[:LONGEST].lower()
    if not some.isascii():
        for language, letters in _SCRIPTS:
            if len(letters.findall(some[:2_000])) >= LEAST:
                return language
    votes = Counter(
        language for word in _WORD.findall(some) for language in _LANGUAGES_OF.get(word, ())
    ).most_common(2)
    if not votes or votes[0][1] < LEAST:
        return ""
    if len(votes) > 1 and votes[0][1] < LEAD * votes[1][1]:
        return ""
    return votes[0][0]
