"""Every file name that a client may show or save a part under.

The name as written comes first; then the same name as systems simplify it: without invisible and
bidirectional controls, without a path, a stream name or dots and blanks at its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lazaretto.mail import charsets, encoded_words
from lazaretto.mail.limits import Limits
from lazaretto.mail.parameters import ParameterList

_PARAMETERS = ("filename", "name")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_DOTS = re.compile("[\u2024\u3002\uff0e\uff61\u0589\ua4f8]")


def candidate_names(lists: Iterable[ParameterList], given: str, limits: Limits) -> tuple[str, ...]:
    """Return the names in ``lists`` and ``given``, likeliest first, then their simplified spellings."""
    written: dict[str, None] = {given: None} if given else {}
    for parameters in lists:
        for name in _PARAMETERS:
            for value in parameters.candidates(name) if name in parameters or parameters.tricky else ():
                written[_decoded(value)[: limits.name_length]] = None
    written.pop("", None)
    names = dict.fromkeys(list(written)[: limits.names])
    for name in list(names):
        names.setdefault(simplified(name))
    names.pop("", None)
    return tuple(names)[: limits.names]


def simplified(name: str) -> str:
    """Return ``name`` as a file system would have it."""
    plain = _INVISIBLE.sub("", name)
    if not plain.isascii():
        plain = _DOTS.sub(".", unicodedata.normalize("NFKC", plain))
    plain = re.split(r"[/\\]", plain)[-1]
    stem, colon, stream = plain.partition(":")
    if colon and stem and ("." in stem or "$" in stream):
        plain = stem
    return plain.strip().rstrip(". ")


def _decoded(value: str) -> str:
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        return value
    if b"=?" in raw:
        return encoded_words.decode(raw)
    return charsets.decode_unlabelled(raw)
