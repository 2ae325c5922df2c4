"""A value with stars is compared with a trait as people read it, and never takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lazaretto.core.indicators import stands_for


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
@example("a*a", "a")
@example("*", "")
@example("**b", "ab")
def test_stars_stand_for_any_characters_and_all_else_for_itself(value: str, text: str) -> None:
    pattern = ".*".join(map(re.escape, value.split("*")))

    assert stands_for(value, text) is (re.fullmatch(pattern, text) is not None)


@pytest.mark.parametrize("value", ["*a" * 30 + "b", "a*" * 400 + "*b*", "*aaa" * 300 + "c"])
def test_no_value_makes_a_comparison_take_long(value: str) -> None:
    began = time.thread_time()

    assert not stands_for(value, "a" * 20_000)

    assert time.thread_time() - began < 0.5
