"""Whatever strangers write, PostgreSQL gets JSON that it takes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from lazaretto.db.json_text import json_text

ANY_TEXT = st.text(st.characters())
"""Lone surrogates and NUL included."""


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=8))
def test_the_result_is_json_without_nul_and_surrogates(value: object) -> None:
    encoded = json_text(value)

    text = json.dumps(json.loads(encoded.decode("utf-8")), ensure_ascii=False)
    assert "\\u0000" not in encoded.decode()
    text.encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\\")))
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert json.loads(json_text([text])) == [text]
