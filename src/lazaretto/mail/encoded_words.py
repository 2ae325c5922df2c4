"""Encoded words in header fields (RFC 2047), read as tolerantly as mail clients read them.

Clients decode words inside quotes, words that touch their neighbours, words with spaces or line
ends in them and words of unknown charsets; so do we, for what people see is what is judged.
"""

from __future__ import annotations

import binascii
import re
from itertools import islice

from lazaretto.mail import charsets

MAX_WORDS = 5_000
"""Encoded words of one value that are decoded; what follows stays as it is."""

_WORD = re.compile(rb"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = b" \t\r\n"
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)


def unfold(raw: bytes) -> bytes:
    """Return ``raw`` without its line ends; the white space that began a line stays."""
    if b"\n" not in raw and b"\r" not in raw:
        return raw
    return raw.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")


def decode(raw: bytes) -> str:
    """Return what a client shows of the raw field value ``raw``: unfolded, decoded, trimmed."""
    value = unfold(raw).strip(b" \t")
    if b"=?" not in value:
        return charsets.decode_unlabelled(value)
    return "".join(_pieces(value)).strip()


def joined(raw: bytes) -> bytes:
    """Return ``raw`` with neighbouring words of one kind made one, as some clients do before they decode.

    What RFC 2047 §5 forbids is whole then: a letter's code that is broken off at the end of a word.
    """
    value = unfold(raw)
    pieces: list[bytes] = []
    kind = (b"", b"")
    last = 0
    for word in islice(_WORD.finditer(value), MAX_WORDS):
        between = value[last : word.start()]
        if kind == (kind := (word[1].lower(), word[2].lower())) and not between.strip(_BETWEEN):
            pieces[-1:] = [word[3], b"?="]
        else:
            pieces += (between, b"=?%s?%s?" % (word[1], word[2]), word[3], b"?=")
        last = word.end()
    return b"".join(pieces) + value[last:]


def _pieces(value: bytes) -> list[str]:
    shown: list[str] = []
    pending = b""
    pending_charset = ""
    last = 0
    for count, word in enumerate(_WORD.finditer(value)):
        if count >= MAX_WORDS:
            break
        between = value[last : word.start()]
        charset = charsets.label_of(word[1].partition(b"*")[0])
        gap = between.strip(_BETWEEN) != b"" or (last == 0 and between != b"")
        if pending and (gap or charset != pending_charset):
            shown.append(charsets.decode(pending, pending_charset))
            pending = b""
        if gap:
            shown.append(charsets.decode_unlabelled(between))
        # Characters may be split between two words of one charset, so octets are joined first.
        pending += _decoded_word(word[2], word[3])
        pending_charset = charset
        last = word.end()
    if pending:
        shown.append(charsets.decode(pending, pending_charset))
    shown.append(charsets.decode_unlabelled(value[last:]))
    return shown


def _decoded_word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)
    cleaned = text.translate(None, _NOT_BASE64)
    if len(cleaned) % 4 == 1:
        cleaned = cleaned[:-1]
    return binascii.a2b_base64(cleaned + b"=" * (-len(cleaned) % 4))
