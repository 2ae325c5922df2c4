"""Tables: what was asked of one (filter, order, page), and how it is shown or exported.

A view reads ``Asked`` from the address, queries, and gives ``Table`` to ``shell/table.html``.  The address
holds everything, so that a table can be bookmarked and sent to a colleague.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _

MOST_EXPORTED: Final = 500_000
"""Rows of an export; what lies beyond is said in the last line."""
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What spreadsheets take for a formula when a cell begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    title: Any
    value: Callable[[Any], Any] | None = None
    """What the cell says, in the table and the export; None = the row's attribute or key of that name."""
    template: str = ""
    """Shows the cell in place of its value; finds ``row`` and ``value``."""
    sorts: bool = False
    order: Callable[[Any], Any] | None = None
    """What rows are put in order by, where that is not what the cell says."""
    is_number: bool = False
    hides: bool = False
    """Left out on a phone."""

    @property
    def css(self) -> str:
        """Return the classes of its cells."""
        shown = "d-none d-md-table-cell" if self.hides else ""
        return f"{'text-end' if self.is_number else ''} {shown}".strip()

    def of(self, row: Any) -> Any:
        """Return the value for ``row``."""
        if self.value is not None:
            return self.value(row)
        return self._plain(row)

    def ordering(self, row: Any) -> Any:
        """Return what puts ``row`` in order by this column."""
        return self.of(row) if self.order is None else self.order(row)

    def _plain(self, row: Any) -> Any:
        return row.get(self.name) if isinstance(row, Mapping) else getattr(row, self.name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One field above the table; ``choices`` make it a selection."""

    name: str
    title: Any
    choices: Sequence[tuple[str, Any]] = ()
    kind: str = "search"
    """The input's type where there are no choices: search, date, datetime-local, number, email."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks of a table."""

    filters: Mapping[str, str]
    """The known filters that are not empty."""
    sort: str
    """A column's name; empty = the view's own order."""
    descends: bool
    cursor: str
    is_export: bool

    @classmethod
    def of(
        cls,
        request: HttpRequest,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        *,
        sort: str = "",
    ) -> Asked:
        """Return what ``request`` asks; the unknown is passed over.  ``sort`` is ``name`` or ``-name``."""
        given = request.GET
        wanted = given.get("sort", sort)
        known = {column.name for column in columns if column.sorts}
        name = wanted.lstrip("-")
        values = {each.name: given.get(each.name, "").replace("\x00", "").strip()[:400] for each in filters}
        return cls(
            filters={key: value for key, value in values.items() if value},
            sort=name if name in known else "",
            descends=wanted.startswith("-"),
            cursor=given.get("cursor", "")[:400],
            is_export=given.get("export") == "csv",
        )

    def get(self, name: str) -> str:
        """Return the value of a filter; empty = it is not set."""
        return self.filters.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What stands where a table has no rows, and what to do next."""

    title: Any
    text: Any = ""
    action: Any = ""
    address: str = ""
    """Where ``action`` leads."""
    icon: str = "list-search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A column's head as the template shows it."""

    column: Column
    address: str
    order: str
    """For ``aria-sort``: ascending, descending or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as ``shell/table.html`` shows it."""

    name: str
    """Unique on the page; its id."""
    caption: Any
    columns: Sequence[Column]
    rows: Sequence[Any]
    asked: Asked
    empty: Empty
    filters: Sequence[Filter] = ()
    next: str | None = None
    """Cursor of the next page; None = this is the last."""
    note: Any = ""
    """What is to be known of the rows that are shown."""
    exports: bool = True
    bulk: str = ""
    """Name of the checkbox before each row, inside a form of the page's own; empty = none."""
    bulk_form: str = ""
    """Id of the form to which these checkboxes belong, where it does not enclose the table."""
    row_id: Callable[[Any], Any] = field(default=lambda row: getattr(row, "id", ""))
    row_template: str = ""
    """Shows the whole row (``<td>…``) in place of the columns."""

    @property
    def heads(self) -> list[Header]:
        """Return the columns' heads with where a click on them leads."""
        return [self._head(column) for column in self.columns]

    @property
    def fields(self) -> list[tuple[Filter, str]]:
        """Return the filters with their values."""
        return [(each, self.asked.get(each.name)) for each in self.filters]

    @property
    def is_filtered(self) -> bool:
        """Tell whether a filter is set."""
        return bool(self.asked.filters)

    @property
    def is_first(self) -> bool:
        """Tell whether this is the first page."""
        return not self.asked.cursor

    @property
    def first_address(self) -> str:
        """Where the first page is."""
        return self._address()

    @property
    def next_address(self) -> str:
        """Where the next page is."""
        return self._address(cursor=self.next or "")

    @property
    def export_address(self) -> str:
        """Where the rows are as CSV, all of them."""
        return self._address(export="csv")

    @property
    def cells(self) -> Iterator[tuple[Any, Any, list[tuple[Column, Any]]]]:
        """Yield each row with its id and its cells."""
        for row in self.rows:
            yield row, self.row_id(row), [(column, column.of(row)) for column in self.columns]

    def _head(self, column: Column) -> Header:
        is_sorted = self.asked.sort == column.name
        order = ("descending" if self.asked.descends else "ascending") if is_sorted else ""
        wanted = f"-{column.name}" if order == "ascending" else column.name
        return Header(column=column, address=self._address(sort=wanted), order=order)

    def _address(self, **more: str) -> str:
        sort = {"sort": ("-" if self.asked.descends else "") + self.asked.sort} if self.asked.sort else {}
        return "?" + urlencode({**self.asked.filters, **sort, **more})


def csv_response(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> StreamingHttpResponse:
    """Return ``rows`` as a CSV file called ``name``, as they come; no cell is a formula."""
    response = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Spreadsheets take a file without this mark for Latin-1.
    yield "\ufeff"
    yield writer.writerow([harmless(column.title) for column in columns])
    for count, row in enumerate(rows):
        if count == MOST_EXPORTED:
            yield writer.writerow([_("There are more rows than an export holds; narrow the filter.")])
            return
        yield writer.writerow([harmless(column.of(row)) for column in columns])


def harmless(value: Any) -> str:
    """Return ``value`` as text that no spreadsheet computes."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if not is_number and text.startswith(_DANGEROUS) else text
