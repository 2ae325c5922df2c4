"""One spelling for what looks alike, so that a disguise does not hide a word from a rule or a name.

Mail hides words behind accents, full-width and mathematical letters, invisible characters and
letters of other scripts that look Latin.  People read through all of these; so do we.
"""

from __future__ import annotations

import re
import unicodedata
from string import ascii_lowercase, ascii_uppercase

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_COMBINING = re.compile("[\u0300-\u036f]+")
# Letters that are drawn like Latin ones (after lower-casing and NFKD), by Unicode TR 39's idea.
_LOOK_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухһіјѕԁԛԝӏьёїґ", "abekmhopctyxhijsdqwlbeir", strict=True)),
        **dict(zip("αβεηικμνορτυχωγ", "abenikuvoptuxwy", strict=True)),
        **dict(zip("ɑɡıłøđħ", "agilodh", strict=True)),
        **dict(zip("ոսցօքհеԼ", "nugoqhel", strict=True)),
        **dict(zip("ϲϳⅼⅽⅾⅿⅰⅴⅹ", "cjlcdmivx", strict=True)),
    }
)
_FOREIGN = "а-яёіїјѕԁԛԝһӏα-ωϲϳա-և"
# Where a Latin letter meets a look-alike; found before words are looked at, for most texts have none.
_BORDER = re.compile(f"[a-z][{_FOREIGN}]|[{_FOREIGN}][a-z]")
_WORD = re.compile(r"[^\W\d_]+")
_SINGLE_QUOTES = re.compile("[\u2018\u2019\u201b\u02bc\u0060\u00b4]")
_DOUBLE_QUOTES = re.compile("[\u201c\u201d]")
_DASHES = re.compile("[\u2010-\u2014\u2212]")
_WHITE = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
_ASCII_FOLDED = bytes.maketrans(
    ascii_uppercase.encode() + _WHITE, ascii_lowercase.encode() + b" " * len(_WHITE)
)
_SPACES = re.compile("  +")


def folded(text: str) -> str:
    """Return ``text`` lower case, without accents and invisible characters, spaces collapsed.

    Words of Latin letters mixed with look-alikes become Latin; words wholly of another script stay.
    """
    if text.isascii():
        spaced = text.encode("ascii").translate(_ASCII_FOLDED).decode("ascii")
        return _SPACES.sub(" ", spaced).strip()
    # NFKD would make a sigma of the lunate one, which is drawn like a c.
    plain = _INVISIBLE.sub("", text).lower().replace("ϲ", "c")
    # Straight marks first: NFKD would make a space and an accent of some curly ones.
    for marks, straight in ((_SINGLE_QUOTES, "'"), (_DOUBLE_QUOTES, '"'), (_DASHES, "-")):
        plain = marks.sub(straight, plain)
    plain = unicodedata.normalize("NFKD", plain)
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
