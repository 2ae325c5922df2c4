"""The list of cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lazaretto.detect.telling import told
from lazaretto.intelligence.report_cases import CaseState, ReportCase
from lazaretto.store import reports
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
_SAID: Final = {True: _("Unwanted"), False: _("Wanted")}
_STATES: Final = {
    CaseState.OPEN: _("Being looked at"),
    CaseState.WAITING: _("The message is missing"),
    CaseState.ANSWERED: _("Answered"),
}
_WAYS: Final = {
    "portal": _("Quarantine portal"),
    "digest": _("Digest"),
    "mail": _("Mail to the report address"),
    "": _("Administrator"),
}
_VERDICTS: Final = {
    "clean": _("Clean"),
    "bulk": _("Bulk mail"),
    "spam": _("Spam"),
    "phishing": _("Phishing"),
    "malware": _("Malware"),
    "violation": _("Violation of a rule"),
    "unscannable": _("Unscannable"),
}
COLUMNS: Final = (
    Column(name="opened_at", title=_("Reported"), sorts=True),
    Column(name="said", title=_("As"), sorts=True),
    Column(name="reporter", title=_("By"), sorts=True),
    Column(name="about", title=_("Message"), sorts=True, hides=True),
    Column(name="state", title=_("State"), sorts=True),
    Column(name="verdict", title=_("Found now"), sorts=True),
    Column(name="findings", title=_("Because"), hides=True),
    Column(name="way", title=_("Came by"), sorts=True, hides=True),
)
FILTERS: Final = (
    Filter(name="said", title=_("Reported as"), choices=(("spam", _SAID[True]), ("wanted", _SAID[False]))),
    Filter(
        name="state",
        title=_("State"),
        choices=tuple((key.name.lower(), words) for key, words in _STATES.items()),
    ),
    Filter(name="reporter", title=_("Reporter")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case as the list shows it."""

    opened_at: datetime
    said: Any
    reporter: str
    about: str
    state: Any
    verdict: Any
    findings: str
    way: Any


@page(
    name="cases",
    path="cases",
    title=_("Reports from people"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    section=Section.MAIL,
    icon="message-report",
    order=45,
)
def cases(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what people reported as wrongly judged, newest first."""
    asked = Asked.of(request, COLUMNS, FILTERS, sort="")
    found = [each for each in reports.cases(scope) if _fits(each, asked)]
    if asked.is_export:
        return csv_response("reports", COLUMNS, ordered(_rows(found), COLUMNS, asked))
    rows, following = page_of(_rows(found), COLUMNS, asked, PAGE)
    table = Table(
        name="cases",
        caption=_("Reports"),
        columns=COLUMNS,
        rows=rows,
        next=following,
        asked=asked,
        filters=FILTERS,
        empty=Empty(
            title=_("Nobody has reported anything"),
            text=_(
                "People report from their quarantine, or by sending a message as an attachment to the report "
                "address that you set under services."
            ),
        ),
    )
    return show(request, "cases/list.html", {"table": table})


def _rows(found: Sequence[ReportCase]) -> Iterator[Row]:
    language = get_language() or "en"
    for case in found:
        yield Row(
            opened_at=case.opened_at,
            said=_SAID[case.is_spam],
            reporter=case.reporter,
            about=case.about,
            state=_STATES[case.state],
            verdict=_VERDICTS.get(case.verdict, case.verdict),
            findings="; ".join(told(symbol, language) for symbol in case.findings[:3]),
            way=_WAYS.get(case.way, case.way),
        )


def _fits(case: ReportCase, asked: Asked) -> bool:
    said, state, reporter = asked.get("said"), asked.get("state"), asked.get("reporter").lower()
    return (
        (not said or case.is_spam is (said == "spam"))
        and (not state or case.state.name.lower() == state)
        and reporter in case.reporter.lower()
    )
