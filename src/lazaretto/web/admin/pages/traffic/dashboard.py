"""The dashboard: how much mail, what was found in it and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.store import figures as counted
from lazaretto.store.figures import Figure, Figures, Period, Step
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.moments import typed
from lazaretto.web.admin.pages.traffic.trace import address_with
from lazaretto.web.admin.pages.traffic.words import DIRECTIONS
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Filter, csv_response

_TITLES: Final[Mapping[Figure, Any]] = {
    Figure.SCANNED: _("Checked"),
    Figure.SPAM: _("Spam"),
    Figure.PHISHING: _("Phishing"),
    Figure.MALWARE: _("Malware"),
    Figure.VIOLATION: _("Against data rules"),
    Figure.REFUSED: _("Refused"),
    Figure.QUARANTINED: _("In quarantine"),
    Figure.DELIVERED: _("Delivered"),
}
_COLOURS: Final = {
    Figure.SCANNED: "secondary",
    Figure.SPAM: "warning",
    Figure.PHISHING: "purple",
    Figure.MALWARE: "danger",
    Figure.VIOLATION: "pink",
    Figure.REFUSED: "cyan",
    Figure.QUARANTINED: "primary",
    Figure.DELIVERED: "success",
}
_PERIODS: Final = (
    (Period.DAY.value, _("24 hours")),
    (Period.WEEK.value, _("7 days")),
    (Period.MONTH.value, _("30 days")),
    (Period.YEAR.value, _("12 months")),
)
_DIRECTIONS: Final = tuple((name, DIRECTIONS[name]) for name in ("inbound", "outbound", "internal"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number."""

    title: Any
    count: int
    address: str
    """Where the trace shows these messages; empty = it does not have them any more."""


@page(
    name="dashboard",
    path="dashboard",
    title=_("Dashboard"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    section=Section.OVERVIEW,
    icon="layout-dashboard",
    order=10,
)
def dashboard(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show the numbers of a period, of one domain or all."""
    domains = counted.domains(scope)
    filters = (
        Filter(name="period", title=_("Period"), choices=_PERIODS),
        Filter(name="domain", title=_("Domain"), choices=tuple((name, name) for name in domains)),
        Filter(name="direction", title=_("Direction"), choices=_DIRECTIONS),
    )
    asked = Asked.of(request, (), filters)
    known = {each.value: each for each in Period}
    found = counted.figures(
        scope,
        known.get(asked.get("period"), Period.DAY),
        domain=asked.get("domain").lower(),
        direction=asked.get("direction") if asked.get("direction") in dict(_DIRECTIONS) else "",
        zone=timezone.get_current_timezone(),
    )
    shown = [each for each in Figure if each is not Figure.VIOLATION or found.totals[each]]
    columns = (
        Column(name="since", title=_("Time")),
        *(Column(name=each.value, title=_TITLES[each], is_number=True) for each in shown),
    )
    rows = [{"since": _label(found.period, each), **_named(each)} for each in found.steps]
    if asked.is_export:
        return csv_response("figures", columns, rows)
    context = {
        "tiles": [_tile(request, found, each) for each in shown],
        "figures": found,
        "periods": _PERIODS,
        "period": found.period.value,
        "domains": domains,
        "domain": found.domain,
        "sees_all": scope.domains.is_all,
        "directions": _DIRECTIONS,
        "direction": found.direction,
        "columns": columns,
        "rows": [[column.of(row) for column in columns] for row in rows],
        "chart": _chart(found, shown),
        "is_empty": not any(found.totals.values()),
        "export": f"?{request.GET.urlencode()}&export=csv",
    }
    return show(request, "traffic/dashboard.html", context)


def _tile(request: PageRequest, found: Figures, figure: Figure) -> Tile:
    search = figure.search(found.since, found.until, direction=found.direction)
    address = address_with(
        request.tenant_name,
        since=typed(found.since),
        until=typed(found.until),
        verdict=search.verdict or "",
        place=search.place or "",
        scanned="yes" if search.scanned else "",
        domain=found.domain,
        direction=search.direction or "",
    )
    return Tile(title=_TITLES[figure], count=found.totals[figure], address=address if found.is_traced else "")


def _named(step: Step) -> dict[str, int]:
    return {figure.value: count for figure, count in step.counts.items()}


def _label(period: Period, step: Step) -> str:
    style = {Period.DAY: "H:i", Period.YEAR: "YEAR_MONTH_FORMAT"}.get(period, "SHORT_DATE_FORMAT")
    return formats.date_format(step.since, style)


def _chart(found: Figures, shown: list[Figure]) -> dict[str, Any]:
    drawn = [each for each in shown if each is not Figure.SCANNED]
    return {
        "kind": "line" if found.period is Period.DAY else "bar",
        "labels": [_label(found.period, each) for each in found.steps],
        "series": [
            {
                "name": str(_TITLES[each]),
                "values": [step.counts[each] for step in found.steps],
                "color": _COLOURS[each],
            }
            for each in drawn
        ],
        "title": gettext("Messages over time"),
    }
