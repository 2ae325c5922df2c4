"""YAML is read with its places and within bounds, and what is written reads back as it was."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.tenants.remarks import DocumentError
from lazaretto.tenants.yaml_reading import read_yaml
from lazaretto.tenants.yaml_writing import written

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_reads_back_as_it_was(values: dict[str, Any]) -> None:
    assert read_yaml(written(values), "x").plain() == values


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "No", "on", "off", "null", "~", "1", "0x1f", "1e3", "12:30:45", "2026-01-01", "", "=", "<<"),
        *("a: b", "a #b", "- a", "'a", '"a', "*a", "&a", "!a", "%a", "@a", "`a", "a:", " a", "a ", "\t"),
        *("é", "\u2028", "\U0001f600"),
    ],
)
def test_texts_that_yaml_could_misread_stay_texts_for_every_reader(text: str) -> None:
    assert yaml.safe_load(written({"key": text})) == {"key": text}
    assert read_yaml(written({"key": text}), "x").plain() == {"key": text}


def test_every_scalar_is_text_and_nothing_is_left_out() -> None:
    tree = read_yaml("a: off\nb: 0123\nc:\nd: ~\ne: '~'\nf: [1, no]\n", "x")

    assert tree.plain() == {"a": "off", "b": "0123", "e": "~", "f": ["1", "no"]}


def test_places_are_those_of_the_keys() -> None:
    tree = read_yaml("a: 1\nb:\n  - x\n  - c: 2\n", "x")

    places = {
        path: (tree.at(path).line, tree.at(path).column) for path in [("a",), ("b",), ("b", 0), ("b", 1, "c")]
    }
    assert places == {("a",): (1, 1), ("b",): (2, 1), ("b", 0): (3, 5), ("b", 1, "c"): (4, 5)}


def test_an_alias_repeats_what_its_anchor_held() -> None:
    tree = read_yaml("a: &them [x, y]\nb: *them\n", "x")

    assert tree.plain() == {"a": ["x", "y"], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "stands here twice (first in line 1)", id="repeated key"),
        pytest.param("a: [\n", 2, "this is not YAML", id="unfinished list"),
        pytest.param("a: 1\n b: 2\n", 2, "this is not YAML", id="wrong indentation"),
        pytest.param("a: !!python/name:os.system x", 1, "is not allowed", id="tag"),
        pytest.param("a: !own x", 1, "is not allowed", id="tag of one's own"),
        pytest.param("a: *b\n", 1, "write it out", id="alias of nothing"),
        pytest.param("a: &b\n  - *b\n", 2, "write it out", id="anchor inside itself"),
        pytest.param("? [a]\n: b\n", 1, "a key must be a plain word", id="list as key"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "second document", id="two documents"),
        pytest.param("a: \x00\n", 1, "a character is not allowed", id="control character"),
        pytest.param("[" * 100_000, 1, "nests deeper", id="deep nesting"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DocumentError) as failure:
        read_yaml(text, "x")

    assert words in failure.value.remarks[0].text
    assert failure.value.remarks[0].line == line


def test_aliases_that_unfold_to_billions_stop_at_once() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.process_time()

    with pytest.raises(DocumentError, match="more than"):
        read_yaml("\n".join(levels), "x")

    assert time.process_time() - started < 1


def test_a_document_above_the_size_limit_is_not_parsed() -> None:
    with pytest.raises(DocumentError, match="larger than 64 MB"):
        read_yaml("#" * (64 * 1024 * 1024 + 1), "x")
