"""Near-duplicate digests of bodies and files, and digests of URLs.

A body becomes the set of its overlapping runs of three words, a file the set of its stretches between
two line feeds (which stand anywhere in binary files, too).  Of each set the smallest hash in each of 32
buckets is kept (MinHash with one permutation), and four of them together make a band.  Two texts that
share nine tenths of their runs share five of eight bands; two that share a third share none.  Digits
and links are left out of bodies, as mailings vary them.

Only digests of unwanted mail are ever stored, and no text can be got back from one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from zlib import crc32

from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

BANDS: Final = 8
ENOUGH_BANDS: Final = 3
"""Bands of eight that must agree."""
LEAST_RUNS: Final = 24
"""Runs that a body or a file must have; less says too little."""
MOST_WORDS: Final = 600
MOST_TEXT: Final = 8_000
MOST_FILES: Final = 10
MOST_OCTETS: Final = 1 << 20
MOST_STRETCHES: Final = 3_000
LEAST_OCTETS: Final = 512
MOST_URLS: Final = 20
_ROWS: Final = 4
_BUCKETS: Final = BANDS * _ROWS
_EMPTY: Final = 1 << 32
_WORD: Final = re.compile(r"[^\W\d_]{2,30}")
_TOKEN: Final = re.compile(r"[0-9a-f]{8,}|\d{3,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signature:
    """One thing that can be known again: a body, a file or a URL."""

    kind: str
    """``body``, ``file`` or ``url``."""
    keys: tuple[int, ...]
    """64-bit numbers, signed; eight for a body or file, one for what must be the very same."""

    @property
    def enough(self) -> int:
        """How many keys must agree."""
        return ENOUGH_BANDS if len(self.keys) == BANDS else 1


def signatures_of(message: MessageView) -> list[Signature]:
    """Return every signature of ``message``, within bounds."""
    return [*body_signatures(message), *file_signatures(message), *url_signatures(message)]


def body_signatures(message: MessageView) -> Iterator[Signature]:
    """Yield the signature of the text that people read, when it says enough."""
    text = message.text[:MOST_TEXT].lower()
    if "://" in text or "@" in text or "www." in text:
        text = " ".join(token for token in text.split() if not _is_link(token))
    words = [crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text)[:MOST_WORDS]]
    runs = {
        (one * 0x9E3779B1 ^ two * 0x85EBCA6B ^ three * 0xC2B2AE35) >> 7 & 0xFFFFFFFF
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
    }
    yield from _banded("body", runs)


def file_signatures(message: MessageView) -> Iterator[Signature]:
    """Yield the signatures of attached files and of pictures inside the text."""
    files = [part for part in message.leaves if _is_file(part)]
    for part in files[:MOST_FILES]:
        octets = part.decoded(MOST_OCTETS)
        if len(octets) < LEAST_OCTETS:
            continue
        stretches = octets.split(b"\n", MOST_STRETCHES)[:MOST_STRETCHES]
        runs = {crc32(stretch) for stretch in stretches}
        banded = list(_banded("file", runs))
        yield from banded or [Signature("file", (_key(b"file", octets),))]


def url_signatures(message: MessageView) -> Iterator[Signature]:
    """Yield the signatures of URLs with a path that says something, numbers and tokens left out."""
    seen = set()
    for url in message.urls[:MOST_URLS]:
        path = _TOKEN.sub("#", re.split(r"[?#]", url.rest, maxsplit=1)[0])
        if len(path) >= 6 and url.host:
            seen.add(f"{url.host}{path}"[:500])
    for shape in sorted(seen):
        yield Signature("url", (_key(b"url", shape.encode("utf-8", "replace")),))


def _is_link(token: str) -> bool:
    return "://" in token or "@" in token or "www." in token


def _is_file(part: Part) -> bool:
    return part.is_attachment or part.main_type == "image"


def _banded(kind: str, runs: Iterable[int]) -> Iterator[Signature]:
    smallest = [_EMPTY] * _BUCKETS
    count = 0
    for run in runs:
        count += 1
        # The bucket comes from the low bits, the order from all of them.
        bucket = run % _BUCKETS
        if run < smallest[bucket]:
            smallest[bucket] = run
    if count < LEAST_RUNS or smallest.count(_EMPTY) > _BUCKETS // 2:
        return
    prefix = kind.encode("ascii")
    bands = (smallest[at : at + _ROWS] for at in range(0, _BUCKETS, _ROWS))
    yield Signature(
        kind,
        tuple(_key(prefix + bytes([number]), repr(band).encode()) for number, band in enumerate(bands)),
    )


def _key(prefix: bytes, octets: bytes) -> int:
    return int.from_bytes(blake2b(octets, digest_size=8, person=prefix[:16]).digest(), "big", signed=True)
