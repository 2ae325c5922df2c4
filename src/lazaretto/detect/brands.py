"""Names that lures borrow, and the hosts that are theirs.

``lists/brands.txt`` has one brand a line.  Names that are common words as well ("target", "wise")
count only where a name stands alone or beside a word of service ("Target rewards").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from lazaretto.detect.folding import skeleton
from lazaretto.detect.wordlists import words_in

SHORTEST_LIKENESS = 6
"""Letters of a name below which one edit makes too many honest names alike."""
_SERVICE = re.compile(
    r"\b(?:team|support|service|security|department|dept|rewards?|customer|account|billing|alert|notice|notification"
    r"|help|center|shop|store|bank|online|verification|noreply|no-reply|gewinnspiel|kundenservice|kundendienst"
    r"|klantenservice|client|clientele|atencion|atendimento|updates?|info|id|delivery|post)\b"
)
_suffixes = PublicSuffixList()


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand."""

    name: str
    spellings: tuple[str, ...]
    """As ``skeleton`` writes them."""
    hosts: frozenset[str]
    is_word: bool
    """Its name is a common word as well."""

    def owns(self, host: str) -> bool:
        """Tell whether ``host`` is one of its own or below one."""
        while host:
            if host in self.hosts:
                return True
            host = host.partition(".")[2]
        return False


@lru_cache(maxsize=16384)
def registered(host: str) -> str:
    """Return the part of ``host`` that somebody registered; ``host`` itself when there is none."""
    return _suffixes.privatesuffix(host) or host


@cache
def brands() -> tuple[Brand, ...]:
    """Return every brand, in the order of the list."""
    return tuple(map(_brand, words_in("lists/brands.txt")))


def named_in(text: str) -> Brand | None:
    """Return the first brand that ``text``, a sender's name or a title, shows; None when it shows none."""
    shown = " ".join(_WORDS.sub(" ", skeleton(text[:200])).split())
    if not shown:
        return None
    match = _pattern().search(shown) or _pattern().search(shown.replace(" ", ""))
    if match is None:
        return None
    brand = _by_spelling()[match[0]]
    if brand.is_word and shown != match[0] and not _SERVICE.search(shown):
        return None
    return brand


@lru_cache(maxsize=8192)
def resembled_by(host: str) -> Brand | None:
    """Return the brand for which a hurried reader could take ``host``; None for a brand's own hosts."""
    owner = registered(host)
    label = skeleton(_decoded(owner.partition(".")[0]))
    if len(label) < 4 or owner_of(host) is not None:
        return None
    plain = label.translate(_DIGITS_AS_LETTERS).replace("-", "").replace("rn", "m").replace("vv", "w")
    known = _labels()
    for part in (plain, *label.split("-")):
        if part in known:
            return known[part]
    for length in range(SHORTEST_LIKENESS, len(plain)):
        if plain[:length] in known or (length > SHORTEST_LIKENESS and plain[-length:] in known):
            return known.get(plain[:length]) or known[plain[-length:]]
    for name in _by_first_letter().get(plain[0], ()):
        if abs(len(plain) - len(name)) < 2 and _one_edit(plain, name):
            return known[name]
    return None


def owner_of(host: str) -> Brand | None:
    """Return the brand that ``host`` belongs to."""
    hosts = _by_host()
    while host:
        if host in hosts:
            return hosts[host]
        host = host.partition(".")[2]
    return None


_WORDS = re.compile(r"[^\w+&.'®]+|[®]")
_DIGITS_AS_LETTERS = str.maketrans("01358", "olesb")


def _brand(line: str) -> Brand:
    names, _, hosts = line.partition(": ")
    spellings = tuple(skeleton(name.strip()) for name in names.removeprefix("~").split(","))
    return Brand(spellings[0], spellings, frozenset(hosts.split()), names.startswith("~"))


@cache
def _by_spelling() -> dict[str, Brand]:
    found: dict[str, Brand] = {}
    for brand in brands():
        for spelling in brand.spellings:
            found.setdefault(spelling, brand)
            if len(spelling) > 7:
                found.setdefault(spelling.replace(" ", ""), brand)
    return found


@cache
def _pattern() -> re.Pattern[str]:
    # Longest first, so that "amazon prime" is not read as "amazon".
    names = sorted(_by_spelling(), key=lambda name: (-len(name), name))
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(map(re.escape, names)) + r")(?![a-z0-9])")


@cache
def _labels() -> dict[str, Brand]:
    """Return the brand of each spelling that is unmistakable as part of a host name."""
    found: dict[str, Brand] = {}
    for brand in brands():
        spellings: Iterable[str] = () if brand.is_word else brand.spellings
        for spelling in spellings:
            label = re.sub(r"[^a-z0-9]", "", spelling)
            if len(label) > 3 and spelling.isascii():
                found.setdefault(label, brand)
    return found


@cache
def _by_first_letter() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in _labels():
        if len(name) >= SHORTEST_LIKENESS:
            found[name[0]] = (*found.get(name[0], ()), name)
    return found


@cache
def _by_host() -> dict[str, Brand]:
    return {host: brand for brand in brands() for host in brand.hosts}


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode().decode("idna")
    except UnicodeError:
        return label


def _one_edit(one: str, other: str) -> bool:
    """Tell whether one insertion, deletion, replacement or swap of neighbours separates the two."""
    if one == other:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[:at] + long[at : at + 2][::-1] + long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or short == swapped
