"""Every file name that a client may show or save a part under.

The name as written comes first; then the same name as systems simplify it: without invisible and
bidirectional controls, without a path, a stream name or dots and blanks at its end, and cut where a
control character ends it.  Of a long name both ends count: some systems cut it, and none cuts off
what says which program opens it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lazaretto.mail import charsets, encoded_words
from lazaretto.mail.header import Header
from lazaretto.mail.limits import Limits
from lazaretto.mail.parameters import ParameterList

_PARAMETERS = ("filename", "name")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00\r\n]")
_FORBIDDEN = str.maketrans("", "", '<>"|?*')
"""What Windows has in no name; clients leave it out."""
_EXTENSION_OF_TYPE = {
    "application/hta": "hta",
    "application/x-ms-application": "application",
    "application/x-ms-shortcut": "lnk",
    "application/x-ms-xbap": "xbap",
    "application/x-msdos-program": "exe",
    "application/x-msdownload": "exe",
    "application/x-dosexec": "exe",
    "application/vnd.microsoft.portable-executable": "exe",
    "application/x-vbs": "vbs",
    "text/vbs": "vbs",
    "text/vbscript": "vbs",
    "text/scriptlet": "wsc",
}
"""The types of what a double click runs, with the extension that Windows knows for each."""
_DOTS = re.compile("[\u2024\u3002\uff0e\uff61\u0589\ua4f8]")


def candidate_names(lists: Iterable[ParameterList], given: str, limits: Limits) -> tuple[str, ...]:
    """Return the names in ``lists`` and ``given``, likeliest first, then their simplified spellings."""
    written: dict[str, None] = {}
    for each in _decoded(given):
        written.update(dict.fromkeys(_bounded(each, limits.name_length)))
    for parameters in lists:
        for name in _PARAMETERS:
            for value in parameters.candidates(name) if name in parameters or parameters.tricky else ():
                for each in _decoded(value):
                    written.update(dict.fromkeys(_bounded(each, limits.name_length)))
    written.pop("", None)
    names = dict.fromkeys(_both_ends(list(written), limits.names // 2))
    for name in list(names):
        names.setdefault(simplified(name))
        if (control := _CONTROL.search(name)) is not None:
            # What is written in C ends a name there.
            names.setdefault(simplified(name[: control.start()]))
    names.pop("", None)
    return tuple(names)[: limits.names]


def _bounded(name: str, length: int) -> tuple[str, ...]:
    """Return ``name``, or what of it fits into ``length``: of its two ends, and of its beginning."""
    if len(name) <= length:
        return (name,)
    return name[: length // 2] + name[len(name) - length // 2 :], name[:length]


def _both_ends(names: list[str], most: int) -> list[str]:
    """Return at most ``most`` of ``names``: where one is repeated, clients take the first or the last."""
    return names if len(names) <= most else names[: most // 2] + names[len(names) - most // 2 :]


def makeshift_names(names: tuple[str, ...], header: Header, content_type: str) -> tuple[str, ...]:
    """Return what clients call a file that has none of ``names``, or none with an extension.

    They take its description or the last part of its place, and the extension that the system knows
    for the type.
    """
    if any("." in name for name in names):
        return ()
    made = [] if names else [header.decoded("content-description")]
    if not names:
        path = header.decoded("content-location").partition("?")[0].partition("#")[0]
        made.append(path.rpartition("/")[2] if "://" not in path or path.count("/") > 2 else "")
    ending = _EXTENSION_OF_TYPE.get(content_type)
    if ending and not any("." in name for name in made):
        made += [f"{name}.{ending}" for name in names or ("file",)]
    return tuple(dict.fromkeys(simplified(name) for name in made if "." in name))


def simplified(name: str) -> str:
    """Return ``name`` as a file system would have it."""
    plain = _INVISIBLE.sub("", name)
    if not plain.isascii():
        plain = _DOTS.sub(".", unicodedata.normalize("NFKC", plain))
    plain = re.split(r"[/\\]", plain.translate(_FORBIDDEN).rstrip("/\\. "))[-1]
    stem, colon, stream = plain.partition(":")
    if colon and stem and ("." in stem or "$" in stream):
        plain = stem
    return plain.strip().rstrip(". ")


def _decoded(value: str) -> tuple[str, ...]:
    """Return ``value`` as clients show it: they disagree about what an encoded word may break off in."""
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        return (value,)
    if b"=?" in raw:
        return encoded_words.decode(raw), encoded_words.decode(encoded_words.joined(raw))
    return (charsets.decode_unlabelled(raw),)
