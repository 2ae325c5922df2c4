"""Whether one name could stand for another to a hurried reader.

People read "Lee, A.", "Bob Jansen" and "Élise Dupont (CEO)" as the colleague whom they know.  So
names are compared as sets of words, in any order, with initials, short forms and slips of one letter.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache, lru_cache
from itertools import permutations

from lazaretto.detect.folding import skeleton
from lazaretto.detect.wordlists import words_in

MOST_WORDS = 4
"""Words of a name that are tried in every order."""
LONG_ENOUGH = 5
"""Letters of a word below which one slip makes another name of it."""
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sir",
        "ir",
        "ing",
        "mme",
        "mlle",
        "dhr",
        "mevr",
        "herr",
        "frau",
        "ceo",
        "cfo",
        "cto",
        "coo",
        "cio",
        "ciso",
        "director",
        "president",
        "chairman",
        "chief",
        "executive",
        "officer",
        "manager",
        "directeur",
        "directrice",
        "president",
        "voorzitter",
        "geschaftsfuhrer",
        "pdg",
        "dg",
        "vorstand",
        "secretary",
        "jr",
        "sr",
        "phd",
        "msc",
        "mba",
        "drs",
        "mag",
        "dipl",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "di",
        "da",
        "du",
        "del",
        "la",
        "le",
        "ter",
        "ten",
        "zu",
        "te",
        "het",
    ]
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[|/].*|\bvia\b.*")
_WORD = re.compile(r"[^\W_\d]+")

Name = frozenset[str]


class Likeness(IntEnum):
    """How near two names are; higher is nearer."""

    NONE = 0
    SIMILAR = 1
    """An initial, a short form or one slip stands for a word."""
    SAME = 2


@lru_cache(maxsize=4096)
def words_of_name(name: str) -> Name:
    """Return the words that make ``name`` the same name for a reader; empty for a single word."""
    words = frozenset(_WORD.findall(skeleton(_ASIDE.sub(" ", name.casefold())))) - _TITLES
    return words if len(words) > 1 else frozenset()


def locals_of_name(name: str) -> tuple[str, ...]:
    """Return the local parts that organisations make of ``name``: ``ann.lee``, ``lee_ann``."""
    words = words_of_name(name)
    if not 2 <= len(words) <= MOST_WORDS:
        return ()
    return tuple(sign.join(each) for each in permutations(sorted(words)) for sign in "._")


def likeness(shown: Name, known: Name) -> Likeness:
    """Return how near the name ``shown`` is to the ``known`` one; both as ``words_of_name`` gives them."""
    if not shown or not known:
        return Likeness.NONE
    if shown == known or (2 < len(shown) <= 5 and known <= shown):
        return Likeness.SAME
    return Likeness.SIMILAR if _all_stand_for(shown - _PARTICLES, known - _PARTICLES) else Likeness.NONE


def _all_stand_for(shown: Name, known: Name) -> bool:
    """Tell whether each word of ``known`` has its own counterpart, at least one of them a whole word."""
    if len(shown) != len(known) or len(known) < 2:
        return False
    left = set(shown - known)
    for word in sorted(known - shown, key=len, reverse=True):
        partner = next((each for each in sorted(left) if _stands_for(each, word)), None)
        if partner is None:
            return False
        left.discard(partner)
    # "A. L." is nobody; a whole word of more than an initial must be right.
    return any(len(word) > 2 for word in shown & known) or all(len(word) > 2 for word in shown)


def _stands_for(shown: str, known: str) -> bool:
    if len(shown) == 1:
        return known.startswith(shown)
    if shown in _short_forms().get(known, ()):
        return True
    return min(len(shown), len(known)) >= LONG_ENOUGH and one_slip(shown, known)


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    forms: dict[str, set[str]] = {}
    for line in words_in("impersonation/lists/nicknames.txt"):
        group = line.split()
        for name in group:
            forms.setdefault(name, set()).update(group)
    return {name: frozenset(group) for name, group in forms.items()}


def one_slip(one: str, other: str) -> bool:
    """Tell whether one insertion, deletion, replacement or swap of neighbours separates the two."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[:at] + long[at : at + 2][::-1] + long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or short == swapped
