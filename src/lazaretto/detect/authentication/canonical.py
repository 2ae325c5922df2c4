"""Canonical forms of header fields and bodies (RFC 6376 §3.4), in time linear in their size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


def collapsed(octets: bytes) -> bytes:
    """Return ``octets`` with each run of spaces and tabs as one space."""
    if b"\t" in octets:
        octets = octets.replace(b"\t", b" ")
    # Each pass halves the longest run; a pattern would walk a hostile run once per octet.
    while b"  " in octets:
        octets = octets.replace(b"  ", b" ")
    return octets


def relaxed_field(raw: bytes) -> bytes:
    """Return a field in relaxed form, with CRLF."""
    name, _, value = raw.partition(b":")
    unfolded = collapsed(value.replace(b"\r\n", b""))
    return name.strip(b" \t").lower() + b":" + unfolded.strip(b" ") + b"\r\n"


@dataclass(frozen=True, slots=True)
class BodyForm:
    """How a signature wants the body: canonical form, hash, and how many octets of it (``l=``)."""

    relaxed: bool
    algorithm: str
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class BodyDigest:
    """The hash of a body in one form, and the length of the whole canonical body."""

    digest: bytes
    length: int


class HasBody(Protocol):
    """A message whose body is read in chunks."""

    def body(self) -> Iterator[bytes]:
        """Yield the body with CRLF line ends; no chunk ends between a CR and its LF."""


class BodyDigests:
    """The digests of one body; every form asked for together costs one pass."""

    def __init__(self, message: HasBody) -> None:
        self._message = message
        self._known: dict[BodyForm, BodyDigest] = {}

    def of(self, form: BodyForm) -> BodyDigest:
        """Return the digest of the body in ``form``."""
        self.prepare([form])
        return self._known[form]

    def prepare(self, forms: Iterable[BodyForm]) -> None:
        """Compute what is not known yet, in one pass over the body."""
        wanted = {form for form in forms if form not in self._known}
        if not wanted:
            return
        bodies = [
            _CanonicalBody(relaxed, [form for form in wanted if form.relaxed is relaxed])
            for relaxed in {form.relaxed for form in wanted}
        ]
        for chunk in self._message.body():
            for body in bodies:
                body.feed(chunk)
        for body in bodies:
            self._known |= body.finish()


class _CanonicalBody:
    """One canonical form on its way through a body, feeding several hashes."""

    def __init__(self, relaxed: bool, forms: list[BodyForm]) -> None:
        self._relaxed = relaxed
        self._hashes = [_LimitedHash(form) for form in forms]
        self._space = False
        """A space at the end of the last chunk, whose fate the next octet decides."""
        self._line_ends = 0
        """Line ends held back: those at the end of a body count as one."""
        self._length = 0

    def feed(self, chunk: bytes) -> None:
        if self._relaxed:
            chunk = self._without_loose_space(chunk)
        kept = _end_of_text(chunk)
        if kept:
            self._emit_line_ends()
            self._emit(chunk[:kept] if kept < len(chunk) else chunk)
        self._line_ends += (len(chunk) - kept) // 2

    def finish(self) -> dict[BodyForm, BodyDigest]:
        # An empty body is one line end in simple form, nothing in relaxed form.
        if self._length or not self._relaxed:
            self._emit(b"\r\n")
        return {each.form: BodyDigest(each.digest(), self._length) for each in self._hashes}

    def _without_loose_space(self, chunk: bytes) -> bytes:
        chunk = collapsed(b" " + chunk if self._space else chunk).replace(b" \r\n", b"\r\n")
        self._space = chunk.endswith(b" ")
        return chunk[:-1] if self._space else chunk

    def _emit_line_ends(self) -> None:
        while self._line_ends:
            some = min(self._line_ends, 32_768)
            self._emit(b"\r\n" * some)
            self._line_ends -= some

    def _emit(self, octets: bytes) -> None:
        self._length += len(octets)
        for each in self._hashes:
            each.update(octets)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _LimitedHash:
    """A hash that takes no more octets than its form allows."""

    def __init__(self, form: BodyForm) -> None:
        self.form = form
        self._hash: _Hash = hashlib.new(form.algorithm, usedforsecurity=False)
        self._room = form.limit

    def update(self, octets: bytes) -> None:
        if self._room is None:
            self._hash.update(octets)
        elif self._room:
            self._hash.update(octets[: self._room])
            self._room = max(0, self._room - len(octets))

    def digest(self) -> bytes:
        return self._hash.digest()


def _end_of_text(chunk: bytes) -> int:
    """Return where the CRLF pairs at the end of ``chunk`` begin."""
    end = len(chunk.rstrip(b"\r\n"))
    tail = chunk[end:]
    if tail.endswith(b"\r"):
        return len(chunk)
    # A CR before another CR belongs to no line end: it is text.
    return end + tail.rfind(b"\r\r") + 1
