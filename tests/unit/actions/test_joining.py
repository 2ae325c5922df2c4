"""Splices of many actions become one list that fits together, and nothing that is added gets lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lazaretto.actions.joining import joined
from lazaretto.core.decision import Splice
from lazaretto.mail.splicing import check, splice

SIZE = 40
SPLICES = st.lists(
    st.builds(
        Splice,
        st.integers(0, SIZE - 10),
        st.integers(0, 10),
        st.sampled_from([b"", b"<a>", b"<bb>", b"<ccc>"]),
    )
)


@given(SPLICES)
def test_joined_splices_are_sorted_apart_and_at_most_one_at_each_offset(splices: list[Splice]) -> None:
    result = joined(splices)

    check(result, SIZE)
    assert len({each.offset for each in result}) == len(result)


@given(SPLICES)
def test_every_insertion_is_in_the_result(splices: list[Splice]) -> None:
    result = b"".join(each.octets for each in joined(splices))

    for each in splices:
        if each.length == 0:
            assert each.octets in result


@given(SPLICES)
def test_joining_again_changes_nothing(splices: list[Splice]) -> None:
    once = joined(splices)

    assert joined(once) == once


def test_insertions_at_one_place_keep_their_order_before_what_is_replaced_there() -> None:
    result = joined([Splice(2, 3, b"C"), Splice(2, 0, b"A"), Splice(2, 0, b"B")])

    assert b"".join(splice(b"0123456789", result)) == b"01ABC56789"
