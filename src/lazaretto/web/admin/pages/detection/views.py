"""Rules left out, detectors that fail, workers that die: on every machine, in the operator's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.http.response import HttpResponseBase
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from lazaretto.intelligence.machine_troubles import Machine
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.troubles import machines
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_COLUMNS = (
    Column(name="host", title=gettext_lazy("Machine"), sorts=True),
    Column(name="last", title=gettext_lazy("Last seen"), sorts=True),
    Column(name="told", title=gettext_lazy("What is wrong, and what to do"), sorts=True),
)
_FILTERS = (Filter(name="host", title=gettext_lazy("Machine")),)
_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class _Row:
    host: str
    last: str
    told: str


@page(
    name="detection",
    path="detection",
    title=gettext_lazy("Detection"),
    place=Place.PLATFORM,
    need=needs(Area.TENANTS, Right.VIEW_CONFIGURATION),
    section=Section.PLATFORM,
    icon="bug",
    order=30,
)
def detection(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List what is wrong with looking on the machines of the platform."""
    now = datetime.now(UTC)
    known = machines(scope, now)
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    wanted = asked.get("host").lower()
    found = (each for each in _rows(known, now) if wanted in each.host.lower())
    if asked.is_export:
        return csv_response("detection", _COLUMNS, ordered(found, _COLUMNS, asked))
    rows, following = page_of(found, _COLUMNS, asked, _A_PAGE)
    table = Table(
        name="troubles",
        caption=_("Troubles"),
        columns=_COLUMNS,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        empty=_nothing(known),
    )
    return show(request, "detection/troubles.html", {"table": table})


def _nothing(known: Sequence[Machine]) -> Empty:
    if not known:
        return Empty(
            title=_("No machine has told anything yet"),
            text=_(
                "Each tells within a minute of its start; lazaretto doctor looks at the one it is run on."
            ),
            icon="bug",
        )
    hosts = ", ".join(dict.fromkeys(each.host for each in known))
    return Empty(
        title=_("All rules and detectors work"),
        text=_("Heard of: %(hosts)s") % {"hosts": hosts},
        icon="check",
    )


def _rows(known: Sequence[Machine], now: datetime) -> Iterator[_Row]:
    language = (get_language() or "en")[:2]
    for machine in known:
        if machine.is_silent(now):
            silent = _("The machine is silent: see whether its jobs run.")
            yield _Row(machine.host, _moment(machine.seen_at), silent)
        for each in machine.troubles:
            yield _Row(machine.host, _moment(each.last), each.in_language(language))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
