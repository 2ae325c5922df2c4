"""Stray CR and LF and dots behind a line end are found, whichever way they are looked for."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lazaretto.protocol.line_ends import counted, oddities

PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"x", b"\r\n.", b"a" * 40]), max_size=12)


def plainly(octets: bytes) -> tuple[bool, int]:
    """Say it slowly and beyond doubt."""
    is_stray = re.search(rb"(?<!\r)\n|\r(?=[^\n])", octets, re.DOTALL) is not None
    return is_stray, octets.find(b"\n.") + 1 if b"\n." in octets else -1


@given(PIECES.map(b"".join))
@example(b"")
@example(b"\n")
@example(b"\r")
@example(b"\r\r")
@example(b"\r\n\r")
@example(b"\n\r")
@example(b"a\r\n\n.")
@example(b"\x00\r\x00\n")
def test_both_ways_say_what_is_plain(octets: bytes) -> None:
    assert counted(octets) == oddities(octets) == plainly(octets)


@pytest.mark.parametrize("position", [0, 1, 4_000, 65_535, 199_999])
@pytest.mark.parametrize("odd", [b"\r", b"\n"])
def test_one_odd_octet_in_a_long_message_is_found(position: int, odd: bytes) -> None:
    octets = b"0123456789" * 20_000
    octets = octets[:position] + odd + octets[position + 1 :]

    assert oddities(octets)[0] == plainly(octets)[0] == counted(octets)[0]
