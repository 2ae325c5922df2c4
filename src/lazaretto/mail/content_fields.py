"""What the Content-… fields of a part say, in each way in which a client may understand them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lazaretto.mail import encoded_words
from lazaretto.mail.header import Field, Header
from lazaretto.mail.limits import Limits
from lazaretto.mail.parameters import ParameterList, without_comments
from lazaretto.mail.transfer import Encoding

MAX_VALUE = 4_096
MAX_SAME_FIELDS = 8

_ENCODINGS = {
    "": Encoding.IDENTITY,
    "7bit": Encoding.IDENTITY,
    "7-bit": Encoding.IDENTITY,
    "8bit": Encoding.IDENTITY,
    "8-bit": Encoding.IDENTITY,
    "7bits": Encoding.IDENTITY,
    "8bits": Encoding.IDENTITY,
    "binary": Encoding.IDENTITY,
    "none": Encoding.IDENTITY,
    "base64": Encoding.BASE64,
    "quoted-printable": Encoding.QUOTED_PRINTABLE,
    "uuencode": Encoding.UUENCODE,
    "uue": Encoding.UUENCODE,
    "x-uuencode": Encoding.UUENCODE,
    "x-uue": Encoding.UUENCODE,
    "x-uu": Encoding.UUENCODE,
    "x-uuencoded": Encoding.UUENCODE,
    "yenc": Encoding.YENC,
    "x-yenc": Encoding.YENC,
    "gzip64": Encoding.GZIP64,
    "x-gzip64": Encoding.GZIP64,
    "binhex": Encoding.BINHEX,
    "binhex40": Encoding.BINHEX,
    "mac-binhex": Encoding.BINHEX,
    "mac-binhex40": Encoding.BINHEX,
    "x-binhex": Encoding.BINHEX,
}
_HINTS = (
    (re.compile("64|b64"), Encoding.BASE64),
    (re.compile("quoted|printable|qp"), Encoding.QUOTED_PRINTABLE),
    (re.compile("uu"), Encoding.UUENCODE),
)
_WORD = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Encodings:
    """The encodings that a header may mean."""

    first: Encoding
    others: tuple[Encoding, ...] = ()
    odd: str = ""
    """The value, when it is not one of the known words."""


def encodings_of(header: Header) -> Encodings:
    """Return what Content-Transfer-Encoding may mean in ``header``."""
    fields = header.all("content-transfer-encoding")
    if len(fields) == 1 and not header.is_odd:
        plain = _ENCODINGS.get(fields[0].unfolded.decode("latin-1").lower())
        if plain is not None:
            return Encodings(plain)
    values = [field.unfolded for field in _first_and_last(fields)]
    if header.is_odd:
        values += header.loose("content-transfer-encoding")[:MAX_SAME_FIELDS]
    if not values:
        return Encodings(Encoding.IDENTITY)
    meant: list[Encoding] = []
    odd = ""
    for raw in values:
        value = encoded_words.unfold(raw[:MAX_VALUE]).decode("latin-1").lower().strip()
        known = _ENCODINGS.get(value)
        if known is None:
            odd = odd or value or "?"
        meant += [known] if known is not None else _meant(value)
    first, *others = dict.fromkeys(meant)
    return Encodings(first, tuple(others), odd)


def _meant(value: str) -> list[Encoding]:
    """Return what a value that is none of the known words may mean."""
    bare = encoded_words.decode(without_comments(value).encode("latin-1", "replace")).strip().lower()
    word = bare.strip('"; \t')
    words = [*_WORD.findall(bare), *_WORD.findall(value)]
    meant = [
        _ENCODINGS[word]
        if word in _ENCODINGS
        else _ENCODINGS.get(words[0] if words else "", Encoding.IDENTITY)
    ]
    meant += [_ENCODINGS[each] for each in words if each in _ENCODINGS]
    squeezed = value.replace("\\", "")
    meant += [encoding for hint, encoding in _HINTS if hint.search(squeezed)]
    return meant


def types_of(header: Header, limits: Limits) -> tuple[ParameterList, ...]:
    """Return every Content-Type in ``header``, the one that most clients take first."""
    raws = [field.raw for field in _first_and_last(header.all("content-type"))]
    if header.is_odd:
        raws += header.loose("content-type")[:MAX_SAME_FIELDS]
    return tuple(ParameterList(raw, limits) for raw in dict.fromkeys(raw.strip(b" \t\r\n") for raw in raws))


def dispositions_of(header: Header, limits: Limits) -> tuple[ParameterList, ...]:
    """Return every Content-Disposition in ``header``."""
    raws = [field.raw for field in _first_and_last(header.all("content-disposition"))]
    if header.is_odd:
        raws += header.loose("content-disposition")[:MAX_SAME_FIELDS]
    return tuple(ParameterList(raw, limits) for raw in raws)


def _first_and_last(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields that count where one is repeated: some clients take the first, some the last."""
    return fields if len(fields) <= MAX_SAME_FIELDS else (*fields[: MAX_SAME_FIELDS - 1], fields[-1])
