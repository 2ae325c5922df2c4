"""One spelling for what looks alike, so that a disguise does not hide a word from a rule or a name.

Mail hides words behind accents, full-width and mathematical letters, invisible characters and
letters of other scripts that look Latin.  People read through all of these; so do we.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
    ]
)
_COMBINING = re.compile("[\u0300-\u036f]+")
# Letters that are drawn like Latin ones (after lower-casing and NFKD), by Unicode TR 39's idea.
_LOOK_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухһіјѕԁԛԝӏьёїґ", "abekmhopctyxhijsdqwlbeir", strict=True)),
        **dict(zip("αβεηικμνορτυχωγ", "abenikuvoptuxwy", strict=True)),
        **dict(zip("ɑɡıłøđħ", "agilodh", strict=True)),
    }
)
_FOREIGN = "а-яёіїјѕԁԛԝһӏα-ω"
# Where a Latin letter meets a look-alike; found before words are looked at, for most texts have none.
_BORDER = re.compile(f"[a-z][{_FOREIGN}]|[{_FOREIGN}][a-z]")
_WORD = re.compile(r"[^\W\d_]+")
_CURLY = str.maketrans(
    "\u2018\u2019\u201b\u02bc\u0060\u00b4\u201c\u201d\u2010\u2011\u2012\u2013\u2014\u2212", "''''''\"\"------"
)


def folded(text: str) -> str:
    """Return ``text`` lower case, without accents and invisible characters, spaces collapsed.

    Words of Latin letters mixed with look-alikes become Latin; words wholly of another script stay.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.translate(_INVISIBLE).lower().translate(_CURLY))
    plain = _COMBINING.sub("", plain).replace("ß", "ss").lower()
    if _BORDER.search(plain):
        plain = _WORD.sub(_latin_if_mixed, plain)
    return " ".join(plain.split())


def skeleton(text: str) -> str:
    """Return what ``text`` looks like: folded, every look-alike letter as the Latin one."""
    return folded(text).translate(_LOOK_ALIKE)


def mixed_words(text: str) -> list[str]:
    """Return the words of ``text`` that mix Latin letters with look-alikes of another script."""
    lower = "" if text.isascii() else text.lower()
    if not _BORDER.search(lower):
        return []
    return [word for word in _WORD.findall(lower) if _BORDER.search(word)]


def _latin_if_mixed(word: re.Match[str]) -> str:
    return word[0].translate(_LOOK_ALIKE) if _BORDER.search(word[0]) else word[0]
