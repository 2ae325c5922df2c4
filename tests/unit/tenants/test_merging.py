"""Two people's changes of one document come together; only what both changed differently is a conflict."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lazaretto.tenants.merging import merged

_LEAVES = st.sampled_from(["a", "b", "c"]) | st.lists(st.sampled_from(["x@a.example", "y", "z"]), unique=True)
_TREES = st.recursive(
    st.dictionaries(st.sampled_from("klm"), _LEAVES, max_size=3),
    lambda below: st.dictionaries(st.sampled_from("klm"), below | _LEAVES, max_size=3),
    max_leaves=8,
)


def _as_sets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_sets(each) for key, each in value.items()}
    return frozenset(value) if isinstance(value, list) else value


@given(_TREES, _TREES)
def test_what_only_one_side_changed_is_that_sides(base: dict[str, Any], other: dict[str, Any]) -> None:
    assert _as_sets(merged(base, other, base).value) == _as_sets(other)
    assert _as_sets(merged(base, base, other).value) == _as_sets(other)
    assert not merged(base, other, base).conflicts
    assert not merged(base, base, other).conflicts


@given(_TREES, _TREES)
def test_the_same_change_by_both_is_no_conflict(base: dict[str, Any], other: dict[str, Any]) -> None:
    both = merged(base, other, other)

    assert _as_sets(both.value) == _as_sets(other)
    assert not both.conflicts


def test_changes_of_different_settings_come_together() -> None:
    base = {"antispam": {"spam": "tag-subject", "bulk": "log"}, "addresses": ["a@x.example", "b@x.example"]}
    mine = {"antispam": {"spam": "quarantine", "bulk": "log"}, "addresses": ["b@x.example"]}
    theirs = {"antispam": {"spam": "tag-subject"}, "addresses": ["a@x.example", "b@x.example", "c@x.example"]}

    both = merged(base, mine, theirs)

    assert both.value == {"antispam": {"spam": "quarantine"}, "addresses": ["b@x.example", "c@x.example"]}
    assert both.conflicts == []


def test_different_values_of_one_setting_are_a_conflict_and_the_first_sides_value_stands() -> None:
    base, mine, theirs = ({"antispam": {"spam": each}} for each in ("log", "quarantine", "delete"))

    both = merged(base, mine, theirs)

    assert both.value == mine
    assert both.conflicts == [("antispam", "spam")]


def test_entries_of_a_list_are_known_by_their_sender() -> None:
    base = {"blocked_senders": [{"entry": "a.example", "reason": "old"}]}
    mine = {"blocked_senders": [{"entry": "a.example", "reason": "mine"}]}
    theirs = {"blocked_senders": ["b.example", {"entry": "a.example", "reason": "old"}]}

    both = merged(base, mine, theirs)

    assert both.value == {"blocked_senders": ["b.example", {"entry": "a.example", "reason": "mine"}]}
