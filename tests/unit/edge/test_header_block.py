"""Header blocks are bounded, and the same however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.edge.header_block import HeaderBlock, HeaderFault, HeaderLimits

LIMITS = HeaderLimits(block=200, field=50, fields=5, hops=2, own_hops=3)


def fault_of(message: bytes, *cuts: int) -> HeaderFault | None:
    block = HeaderBlock(LIMITS, b"key")
    for start, end in zip((0, *cuts), (*cuts, len(message)), strict=True):
        if fault := block.take(message[start:end]):
            return fault
    return block.end()


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"\r\nbody", None, id="no header"),
        pytest.param(b"A: b\r\n\r\nbody" + b"x" * 500, None, id="long body"),
        pytest.param(b"A: b\r\n", None, id="no body"),
        pytest.param(b"A: b\r\n" * 5 + b"\r\n", None, id="as many fields as allowed"),
        pytest.param(b"A: b\r\n" * 6 + b"\r\n", HeaderFault.TOO_LARGE, id="one field more"),
        pytest.param(b"A: " + b"x" * 60 + b"\r\n\r\n", HeaderFault.TOO_LARGE, id="long field"),
        pytest.param(
            b"A: x\r\n" + b" folded\r\n" * 6 + b"\r\n", HeaderFault.TOO_LARGE, id="long folded field"
        ),
        pytest.param(b"A\0: b\r\n\r\n", HeaderFault.NUL, id="NUL"),
        pytest.param(b"A: b\r\n\r\n\0", None, id="NUL in the body"),
        pytest.param(b"rEceived: x\r\n" * 2 + b"\r\n", None, id="as many hops as allowed"),
        pytest.param(b"rEceived : x\r\n" * 3 + b"\r\n", HeaderFault.LOOP, id="one hop more"),
        pytest.param(b"x" * 300, HeaderFault.TOO_LARGE, id="no end"),
    ],
)
def test_headers_within_bounds_pass(message: bytes, fault: HeaderFault | None) -> None:
    assert fault_of(message) == fault
    for cut in range(len(message)):
        assert fault_of(message, cut) == fault


@given(st.lists(st.sampled_from([b"\r\n", b"A: b", b"\r\n\r\n", b" ", b"Received:", b"\0"]), max_size=80))
def test_where_a_header_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    message = b"".join(pieces)
    bounds = [sum(map(len, pieces[:place])) for place in range(1, len(pieces))]

    assert fault_of(message, *bounds) == fault_of(message)
