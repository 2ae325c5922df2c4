"""Indicators as a CSV table, in and out."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.intelligence.indicator_store import MOST, Entry, Wish
from lazaretto.intelligence.plain_cells import plain

COLUMNS: Final = ("kind", "value", "action", "direction", "days", "reason")
_MOST_REMARKS: Final = 20


def read_table(text: str, name: str) -> list[Wish]:
    """Return the entries of a table; raises ``ConfigurationError`` with each wrong line's number."""
    reader = csv.DictReader(io.StringIO(text))
    columns = [each.strip().lower() for each in reader.fieldnames or ()]
    if not {"kind", "value"} <= set(columns):
        raise ConfigurationError(
            f"{name}: the first line must name the columns: {','.join(COLUMNS)} (kind and value are needed)"
        )
    reader.fieldnames = columns
    wishes, problems = [], []
    for row in reader:
        try:
            wishes.append(_wish({key: (row.get(key) or "").strip() for key in COLUMNS}))
        except ConfigurationError as failure:
            problems.append(f"{name}:{reader.line_num}: {failure}")
        if len(wishes) > MOST:
            raise ConfigurationError(f"{name}: more than {MOST} entries")
    if problems:
        more = len(problems) - _MOST_REMARKS
        shown = problems[:_MOST_REMARKS] + ([f"and {more} more"] if more > 0 else [])
        raise ConfigurationError("\n".join(shown))
    return wishes


def table_of(entries: Iterable[Entry], now: datetime) -> str:
    """Return those entries that count at ``now`` as a table that ``read_table`` reads."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in entries:
        left = math.ceil((each.expires_at - now).total_seconds() / 86_400)
        if left > 0:
            cells = (each.kind, each.value, each.action, each.direction, str(left), each.reason)
            writer.writerow([plain(cell) for cell in cells])
    return written.getvalue()


def _wish(row: dict[str, str]) -> Wish:
    days = row["days"] or "7"
    if not days.isascii() or not days.isdigit():
        raise ConfigurationError(f'"{days}" is no number of days')
    return Wish.parse(
        kind=row["kind"],
        value=row["value"].removeprefix("'"),
        action=row["action"] or "block",
        direction=(row["direction"] or "both").lower(),
        days=int(days),
        reason=row["reason"].removeprefix("'"),
    )
