"""Base64 in each way in which clients decode what is not quite base64."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lazaretto.mail.encoded_lines import PIECE, lines_of
from lazaretto.mail.octets import Octets, pieces

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN = bytes(set(range(256)) - set(ALPHABET) - {ord("=")})
CHARACTERS = ALPHABET + b"= \t\r\n"
_PADDED_INSIDE = re.compile(rb"=[^A-Za-z0-9+/]*+[A-Za-z0-9+/]")
_QUAD = re.compile(rb"....", re.DOTALL)
_JUNK_OCTET = re.compile(rb"[^A-Za-z0-9+/= \t\r\n]")


@dataclass(frozen=True, slots=True)
class Faults:
    """In which ways base64 is not as it should be."""

    junk: bytes = b""
    """The first foreign characters."""
    padded_inside: bool = False
    blocks: bool = False
    """There are empty lines inside."""
    odd_lines: bool = False
    """Its lines do not end where groups end."""

    def __bool__(self) -> bool:
        return bool(self.junk) or self.padded_inside or self.blocks or self.odd_lines


def faults(octets: Octets, start: int, end: int) -> Faults:
    """Return what readers of this base64 may disagree about."""
    junk = b""
    padded_inside = blocks = False
    for piece in pieces(octets, start, end, PIECE):
        junk = junk or piece.translate(None, CHARACTERS)[:40]
        padding = piece.find(b"=")
        padded_inside = padded_inside or (padding >= 0 and _PADDED_INSIDE.search(piece, padding) is not None)
        empty = piece.find(b"\n\n") if b"\n\n" in piece else piece.find(b"\n\r\n")
        blocks = blocks or (empty >= 0 and piece[empty:].strip() != b"")
    lines = octets[start : min(end, start + 400)].split(b"\n", 3)
    odd = len(lines) > 2 and any(len(line.translate(None, _FOREIGN)) % 4 for line in lines[:2])
    return Faults(junk, padded_inside, blocks, odd)


def decode(source: Iterator[bytes]) -> Iterator[bytes]:
    carry = b""
    for piece in source:
        groups = (carry + piece.translate(None, _FOREIGN)).split(b"=")
        for group in groups[:-1]:
            if group:
                yield padded(group)
        whole = len(groups[-1]) // 4 * 4
        carry = groups[-1][whole:]
        if whole:
            yield binascii.a2b_base64(groups[-1][:whole])
    if carry:
        yield padded(carry)


def padded(group: bytes) -> bytes:
    if len(group) % 4 == 1:
        group = group[:-1]
    return binascii.a2b_base64(group + b"=" * (-len(group) % 4))


def to_padding(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(_until(source, re.compile(rb"=")))


def to_junk(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(_until(source, _JUNK_OCTET))


def _until(source: Iterator[bytes], stop: re.Pattern[bytes]) -> Iterator[bytes]:
    for piece in source:
        match = stop.search(piece)
        if match is not None:
            yield piece[: match.start()]
            return
        yield piece


def without_padding(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(piece.translate(None, b"=") for piece in source)


def clean_lines(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(line for line in lines_of(source) if not line.translate(None, CHARACTERS))


def linewise(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines_of(source):
        digits = line.translate(None, _FOREIGN)
        yield from decode(iter((digits[: len(digits) // 4 * 4],)))


def lines_to_junk(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(_JUNK_OCTET.split(line, maxsplit=1)[0] for line in lines_of(source))


def quadwise(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(_QUAD.sub(_padding_last, quads) for quads in _quads(source))


def padding_as_zero(source: Iterator[bytes]) -> Iterator[bytes]:
    return decode(quads.replace(b"=", b"A") for quads in _quads(source))


def _quads(source: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in source:
        digits = rest + piece.translate(None, _FOREIGN)
        whole = len(digits) // 4 * 4
        rest = digits[whole:]
        yield digits[:whole]
    yield rest


def _padding_last(quad: re.Match[bytes]) -> bytes:
    return quad[0].replace(b"=", b"").ljust(4, b"=") if b"=" in quad[0] else quad[0]


def first_block(source: Iterator[bytes]) -> Iterator[bytes]:
    begun = False
    block: list[bytes] = []
    for line in lines_of(source):
        if line.strip():
            begun = True
            block.append(line)
        elif begun:
            break
    return decode(iter(block))


def blockwise(source: Iterator[bytes]) -> Iterator[bytes]:
    # Padding ends a group as an empty line does here.
    return decode(line if line.strip() else b"=" for line in lines_of(source))
