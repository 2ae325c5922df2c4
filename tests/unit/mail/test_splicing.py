"""Splicing changes what it is told to and not one octet more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.decision import Splice
from lazaretto.core.errors import PermanentFailure
from lazaretto.mail.octets import WindowedOctets
from lazaretto.mail.splicing import check, splice


@given(st.binary(max_size=500))
def test_splicing_nothing_is_the_identity(octets: bytes) -> None:
    assert b"".join(splice(octets, ())) == octets
    assert b"".join(splice(WindowedOctets(lambda at, n: octets[at : at + n], len(octets)), ())) == octets


def test_spans_are_replaced_inserted_and_removed() -> None:
    changes = (Splice(0, 0, b">"), Splice(2, 3, b""), Splice(6, 1, b"XYZ"), Splice(10, 0, b"<"))

    assert b"".join(splice(b"0123456789", changes)) == b">015XYZ789<"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((Splice(5, 0, b""), Splice(4, 0, b"")), id="not sorted"),
        pytest.param((Splice(0, 3, b""), Splice(2, 1, b"")), id="overlapping"),
        pytest.param((Splice(9, 2, b""),), id="beyond the end"),
        pytest.param((Splice(-1, 0, b""),), id="before the beginning"),
        pytest.param((Splice(3, -1, b""),), id="negative length"),
    ],
)
def test_what_does_not_fit_is_refused(changes: tuple[Splice, ...]) -> None:
    with pytest.raises(PermanentFailure):
        check(changes, 10)
