"""Tables in the order that somebody asks for, where the query behind them has an order of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.tables import Asked, Column

MOST_SORTED: Final = 1_000
"""Rows that are put in order where there may be millions: the first ones in the query's own order."""


def ordered(rows: Iterable[Any], columns: Sequence[Column], asked: Asked) -> list[Any]:
    """Return ``rows`` in the order that is asked for; as they come where none is."""
    column = next((each for each in columns if each.sorts and each.name == asked.sort), None)
    if column is None:
        return list(rows)
    return sorted(rows, key=lambda row: _key(column.ordering(row)), reverse=asked.descends)


def page_of(
    rows: Iterable[Any], columns: Sequence[Column], asked: Asked, size: int
) -> tuple[list[Any], str | None]:
    """Return one page of all ``rows``, in the order that is asked for, and the next one's cursor."""
    found, start = ordered(rows, columns, asked), start_of(asked)
    return found[start : start + size], cursor_of(start + size) if len(found) > start + size else None


def start_of(asked: Asked) -> int:
    """Return how many rows are on the pages before.  Raises ``ConfigurationError`` for no such page."""
    if not asked.cursor:
        return 0
    (start,) = parts_of(asked.cursor, tuple[int])
    if start < 0:
        raise ConfigurationError("this page of the list does not exist")
    return start


def _key(value: Any) -> tuple[int, float, str]:
    """Return what puts values of any kind in order: numbers, then texts and moments, then nothing."""
    if value is None or value == "":
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    if isinstance(value, datetime | date):
        return (1, 0.0, value.isoformat())
    return (1, 0.0, str(value).casefold() if isinstance(value, str | Promise) else str(value))


@dataclass(frozen=True, slots=True)
class InOrder:
    """One page of rows that were found among many."""

    rows: list[Any]
    next: str | None
    note: str


def first_in_order(
    fetch: Callable[[int], Sequence[Any]], columns: Sequence[Column], asked: Asked, size: int
) -> InOrder:
    """Return one page of the first rows that ``fetch`` gives, in order; its note says if more match."""
    found = fetch(MOST_SORTED)
    rows, following = page_of(found, columns, asked, size)
    is_cut = len(found) == MOST_SORTED
    note = _("Only the first %(count)s that were found are in this order; narrow the filter to sort all.")
    return InOrder(rows, following, note % {"count": MOST_SORTED} if is_cut else "")
