"""Two changes of one document, brought together: what only one side changed is that side's.

Works on plain values as documents hold them.  Lists are taken as sets of entries, each known by the
sender, name or address that it is about; where both sides changed the same value to different ones,
the place is told as a conflict, and the first side's value stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str, ...]
_ABSENT: Final = object()


@dataclass(slots=True)
class Merged:
    """What came of bringing two changes together."""

    value: Any
    conflicts: list[Path] = field(default_factory=list)
    """Places that both sides changed, and differently."""


def merged(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    """Return ``base`` with the changes of both ``mine`` and ``theirs``."""
    outcome = Merged({})
    outcome.value = _mapping(base, mine, theirs, (), outcome.conflicts)
    return outcome


def _mapping(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], at: Path, found: list[Path]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in dict.fromkeys((*theirs, *mine)):
        one, two, three = (each.get(key, _ABSENT) for each in (base, mine, theirs))
        value = _value(one, two, three, (*at, key), found)
        if value is not _ABSENT:
            values[key] = value
    return values


def _value(base: Any, mine: Any, theirs: Any, at: Path, found: list[Path]) -> Any:
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _mapping(base if isinstance(base, Mapping) else {}, mine, theirs, at, found)
    if _are_entries(mine) and _are_entries(theirs):
        return _entries(base if _are_entries(base) else (), mine, theirs, at, found)
    found.append(at)
    return mine


def _entries(
    base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any], at: Path, found: list[Path]
) -> list[Any]:
    known = [{identity(each): each for each in side} for side in (base, mine, theirs)]
    return list(_mapping(known[0], known[1], known[2], at, found).values())


def _are_entries(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(identity(each) for each in value)


def identity(entry: Any) -> str:
    """Return what an entry of a list is known by; empty where it has no name of its own."""
    if isinstance(entry, Mapping):
        return str(entry.get("entry") or entry.get("name") or "").lower()
    return str(entry).lower() if isinstance(entry, str) else ""
