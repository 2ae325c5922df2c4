"""Remarks of the linter told by setting, so that each can stand beside what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from lazaretto.tenants.checking import check
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.yaml_reading import Node, read_yaml

Path = tuple[str, ...]


def placed_remarks(text: str, day: date) -> Sequence[tuple[Path, Remark]]:
    """Return each remark on the document in ``text`` with the path of the setting that it is about."""
    remarks = check(text, "document", day)
    places = list(_places(read_yaml(text, "document"), ())) if remarks else []
    return [(_place_of(remark, places), remark) for remark in remarks]


def _places(node: Node, at: Path) -> Iterator[tuple[int, int, Path]]:
    yield node.line, node.column, at
    if isinstance(node.value, dict):
        for key, below in node.value.items():
            yield from _places(below, (*at, key))
    elif isinstance(node.value, list):
        for below in node.value:
            name = below.value if isinstance(below.value, str) else ""
            yield from _places(below, (*at, name or "…"))


def _place_of(remark: Remark, places: Sequence[tuple[int, int, Path]]) -> Path:
    exact = [at for line, column, at in places if (line, column) == (remark.line, remark.column)]
    # A list's first entry may begin where the list does; the nearer name says more.
    return exact[-1] if exact else ()
