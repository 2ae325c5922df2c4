"""The audit: who ordered what and when, what it changed, and whether the record is whole."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.journal.audit_wanted import Wanted
from lazaretto.store import auditing
from lazaretto.store.audit_age import months_kept
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.moments import moment
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.ordering import InOrder, first_in_order
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
FILTERS: Final = (
    Filter(name="since", title=_("From when"), kind="datetime-local"),
    Filter(name="until", title=_("Until"), kind="datetime-local"),
    Filter(name="actor", title=_("Who")),
    Filter(name="act", title=_("Act")),
    Filter(name="object", title=_("About")),
)
COLUMNS: Final = (
    Column(name="at", title=_("Time"), sorts=True),
    Column(name="act", title=_("Act"), sorts=True, template="traffic/cell_act.html"),
    Column(name="actor", title=_("Who"), sorts=True),
    Column(name="on_behalf_of", title=_("On behalf of"), sorts=True),
    Column(name="object", title=_("About"), sorts=True, value=lambda row: row.object[:200]),
    Column(name="client", title=_("From address"), sorts=True, hides=True),
    Column(name="number", title=_("Number"), is_number=True, hides=True),
)
EXPORT: Final = (
    *(
        Column(name=name, title=name)
        for name in ("number", "at", "actor", "on_behalf_of", "client", "act", "object")
    ),
    Column(name="before", title="before", value=lambda row: _text(row.before)),
    Column(name="after", title="after", value=lambda row: _text(row.after)),
    Column(name="hash", title="hash", value=lambda row: row.hash.hex()),
)


@page(
    name="audit",
    path="audit",
    title=_("Audit"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    section=Section.RECORDS,
    icon="history",
    order=10,
)
def audit(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what was ordered, latest first."""
    scope.demand_all_domains()
    asked = Asked.of(request, COLUMNS, FILTERS, sort="-at")
    problem, found = "", InOrder([], None, "")
    try:
        wanted = _wanted(asked)
        if asked.is_export:
            return csv_response("audit", EXPORT, _every(scope, wanted))
        if asked.sort in ("", "at"):
            found = _one_page(scope, wanted, asked)
        else:
            found = first_in_order(
                lambda most: list(auditing.found(scope, wanted, limit=most)), COLUMNS, asked, PAGE
            )
    except ConfigurationError as failure:
        problem = str(failure)
    table = Table(
        name="entries",
        caption=_("Recorded acts"),
        columns=COLUMNS,
        rows=found.rows,
        asked=asked,
        filters=FILTERS,
        next=found.next,
        note=found.note,
        empty=Empty(
            title=_("Nothing was recorded yet"),
            text=_("Every change, release and look at content is recorded here."),
            icon="history",
        ),
    )
    months = months_kept(scope)
    return show(request, "traffic/audit.html", {"table": table, "problem": problem, "months": months})


def _one_page(scope: Scope, wanted: Wanted, asked: Asked) -> InOrder:
    (start,) = parts_of(asked.cursor, tuple[int]) if asked.cursor else (None,)
    rows = list(auditing.found(scope, wanted, start=start, limit=PAGE + 1))
    return InOrder(rows[:PAGE], cursor_of(rows[PAGE - 1].number) if len(rows) > PAGE else None, "")


def _wanted(asked: Asked) -> Wanted:
    return Wanted(
        act=asked.get("act"),
        actor=asked.get("actor"),
        about=asked.get("object"),
        since=moment(asked.get("since")),
        until=moment(asked.get("until")),
        oldest_first=asked.sort == "at" and not asked.descends,
    )


def _every(scope: Scope, wanted: Wanted) -> Iterator[Any]:
    start = None
    while True:
        rows = auditing.found(scope, wanted, start=start, limit=500)
        yield from rows
        if len(rows) < 500:
            return
        start = rows[-1].number


@page(
    name="audit-entry",
    path="audit/<int:number>",
    title=_("Recorded act"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="audit",
)
def entry(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Show one act, with what it changed."""
    found = auditing.entry(scope, number)
    facts = [(column.title, column.of(found)) for column in COLUMNS]
    context = {"found": found, "facts": facts, "lines": list(_difference(found.before, found.after))}
    return show(request, "traffic/audit_entry.html", context)


@page(
    name="audit-verification",
    path="audit/verification",
    title=_("Is the record whole?"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="audit",
)
def verification(request: PageRequest, scope: Scope) -> HttpResponse:
    """Read the whole chain again and tell whether every entry is as it was written."""
    return show(request, "traffic/audit_verification.html", {"verified": auditing.verified(scope)})


def _difference(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """Yield lines of what changed, each with ``-``, ``+`` or nothing before it."""
    old, new = (_text(each).split("\n") if each is not None else [] for each in (before, after))
    for line in difflib.unified_diff(old, new, lineterm="", n=3):
        if not line.startswith(("---", "+++", "@@")):
            yield line[:1], line[1:]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return (
        value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    )
