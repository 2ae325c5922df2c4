"""Octets behind a window give the same answers as octets in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail import octets as module
from lazaretto.mail.octets import WindowedOctets, pieces


def windowed(content: bytes) -> WindowedOctets:
    return WindowedOctets(lambda offset, length: content[offset : offset + length], len(content))


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW", 8)


@given(
    st.text("ab\r\n-", max_size=60).map(str.encode),
    st.text("ab\r\n-", max_size=9).map(str.encode),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_finding_is_the_same_through_windows(content: bytes, sub: bytes, start: int, end: int) -> None:
    if sub:
        assert windowed(content).find(sub, start, end) == content.find(sub, start, end)


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_slice_is_the_same_through_windows(content: bytes, start: int, end: int) -> None:
    assert windowed(content)[start:end] == content[start:end]


def test_only_few_windows_are_kept() -> None:
    octets = windowed(b"x" * 1_000)

    for place in range(0, 1_000, 5):
        assert octets[place : place + 1] == b"x"

    assert len(octets._windows) == module.KEPT_WINDOWS


def test_pieces_are_bounded_and_complete() -> None:
    found = list(pieces(b"abcdefghij", 1, 9, 3))

    assert found == [b"bcd", b"efg", b"hi"]
