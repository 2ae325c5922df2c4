"""Octets to text under charset labels that lie.

Labels are read as the WHATWG Encoding standard reads them (``iso-8859-1`` means Windows-1252), only
text encodings from a fixed list are ever used, and nothing raises: what cannot be decoded becomes
U+FFFD.  Where a label is missing or contradicts the octets, what clients do is what happens.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "": "",
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "cp-850": "cp850",
    "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinesebig5": "big5hkscs",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_1",
    "cp50220": "iso2022_jp_ext",
    "utf8": "utf-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "unknown": "",
    "8bit": "",
    "default": "",
    "utf8mb4": "utf-8",
    "utf7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "ebcdic-cp-us": "cp037",
    "windows-874": "cp874",
    "tis-620": "cp874",
}
_USABLE = frozenset(
    [
        "ascii",
        "big5",
        "big5hkscs",
        "cp037",
        "cp437",
        "cp500",
        "cp737",
        "cp775",
        "cp850",
        "cp852",
        "cp855",
        "cp857",
        "cp858",
        "cp860",
        "cp861",
        "cp862",
        "cp863",
        "cp864",
        "cp865",
        "cp866",
        "cp869",
        "cp874",
        "cp875",
        "cp932",
        "cp949",
        "cp950",
        "cp1006",
        "cp1026",
        "cp1125",
        "cp1140",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "euc_jp",
        "euc_jis_2004",
        "euc_jisx0213",
        "euc_kr",
        "gb18030",
        "hz",
        "iso2022_jp",
        "iso2022_jp_1",
        "iso2022_jp_2",
        "iso2022_jp_3",
        "iso2022_jp_2004",
        "iso2022_jp_ext",
        "iso2022_kr",
        "iso8859-1",
        "iso8859-2",
        "iso8859-3",
        "iso8859-4",
        "iso8859-5",
        "iso8859-6",
        "iso8859-7",
        "iso8859-8",
        "iso8859-9",
        "iso8859-10",
        "iso8859-11",
        "iso8859-13",
        "iso8859-14",
        "iso8859-15",
        "iso8859-16",
        "johab",
        "koi8-r",
        "koi8-t",
        "koi8-u",
        "kz1048",
        "mac-cyrillic",
        "mac-greek",
        "mac-iceland",
        "mac-latin2",
        "mac-roman",
        "mac-turkish",
        "ptcp154",
        "shift_jis",
        "shift_jis_2004",
        "tis-620",
        "utf-16",
        "utf-16-be",
        "utf-16-le",
        "utf-32",
        "utf-32-be",
        "utf-32-le",
        "utf-7",
        "utf-8",
        "utf-8-sig",
    ]
)
_JUNK = re.compile(r"[^a-z0-9_.:+-]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII_COMPATIBLE_GUESSES = ("us-ascii", "")


def label_of(raw: bytes) -> str:
    """Return the charset label in ``raw`` in our spelling."""
    return raw.decode("latin-1").strip().lower()


@lru_cache(maxsize=512)
def codec_of(label: str) -> str:
    """Return the name of the codec for ``label``; empty when the label says nothing that we know."""
    cleaned = _JUNK.sub("", label.lower())[:64]
    cleaned = _ALIASES.get(cleaned, cleaned)
    if cleaned.startswith("windows-"):
        cleaned = "cp" + cleaned[8:]
    if cleaned in _ASCII_COMPATIBLE_GUESSES:
        return ""
    try:
        name = codecs.lookup(cleaned).name
    except (LookupError, ValueError):
        return ""
    return name if name in _USABLE or name.replace("_", "-") in _USABLE else ""


_OTHER_LETTERS = re.compile(r"utf-(?:7|16|32)|iso2022|hz$|cp(?:037|500|875|1026|1140)$")


def hides_letters(label: str) -> bool:
    """Tell whether octets under ``label`` spell common letters in another way than ASCII does."""
    return _OTHER_LETTERS.match(codec_of(label)) is not None


def decode(octets: bytes, label: str) -> str:
    """Return the text of ``octets`` under ``label``, whatever either of them is."""
    codec = codec_of(label)
    for bom, name in _BOMS:
        if octets.startswith(bom):
            return octets[len(bom) :].decode(name, "replace")
    if not codec:
        return decode_unlabelled(octets)
    if codec == "utf-8":
        return _utf8_or_legacy(octets)
    if codec == "utf-7":
        return octets.decode("utf-7", "replace")
    if codec in ("utf-16", "utf-32"):
        # Without a byte order mark, RFC 2781 §4.3 says big-endian and all the world writes little.
        codec = _order(octets, codec)
    return octets.decode(codec, "replace")


def decode_unlabelled(octets: bytes) -> str:
    """Return the text of octets that nothing is known of: ASCII, else UTF-8, else Windows-1252."""
    if octets.isascii():
        return octets.decode("ascii")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def other_readings(octets: bytes, label: str) -> tuple[str, ...]:
    """Return what else the octets may say: codes that hide ASCII text from a reader of the label."""
    readings = []
    sample = octets[:4096]
    zeros = sample.count(0)
    if zeros * 4 >= len(sample) > 8 and not codec_of(label).startswith(("utf-16", "utf-32")):
        wide = "utf-32" if zeros * 10 >= len(sample) * 7 else "utf-16"
        readings.append(octets.decode(_order(octets, wide), "replace"))
    if _UTF7.search(sample) and codec_of(label) != "utf-7":
        readings.append(octets.decode("utf-7", "replace"))
    return tuple(readings)


_UTF7 = re.compile(rb"\+A[A-Za-z0-9+/]{2,}-")


def _utf8_or_legacy(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "replace")
    # Mostly valid UTF-8 with a damaged octet stays UTF-8; what has no valid sequence at all never was.
    high = sum(map(octets[:4096].count, range(0xC2, 0xF5)))
    damaged = text[:4096].count("\N{REPLACEMENT CHARACTER}")
    return octets.decode("cp1252", "replace") if damaged >= high else text


def _order(octets: bytes, wide: str) -> str:
    even, odd = octets[0:4096:2].count(0), octets[1:4096:2].count(0)
    if wide == "utf-32":
        return "utf-32-le" if octets[3:4] == b"\0" else "utf-32-be"
    return f"{wide}-be" if even > odd else f"{wide}-le"
