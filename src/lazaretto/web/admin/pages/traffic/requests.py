"""Requests for the release of malware: what waits for a second pair of eyes, and what was decided."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import releasing
from lazaretto.store.releasing import Judgment
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.words import OUTCOMES, TARGETS, VERDICTS, word
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
_JUDGMENTS: Final = {"approve": Judgment.APPROVE, "deny": Judgment.DENY}
_STATES: Final = (("all", _("Decided ones as well")),)
FILTERS: Final = (Filter(name="state", title=_("State"), choices=_STATES),)
COLUMNS: Final = (
    Column(name="requested_at", title=_("Asked"), sorts=True, value=lambda row: row.request.requested_at),
    Column(name="subject", title=_("Subject"), template="traffic/cell_request.html"),
    Column(
        name="recipients",
        title=_("Recipients"),
        value=lambda row: ", ".join(row.copy.recipients) if row.copy else "",
    ),
    Column(name="requested_by", title=_("Asked by"), sorts=True, value=lambda row: row.request.requested_by),
    Column(name="reason", title=_("Why"), sorts=True, value=lambda row: row.request.reason),
    Column(
        name="target",
        title=_("Send to"),
        sorts=True,
        value=lambda row: word(TARGETS, row.request.target),
        hides=True,
    ),
    Column(
        name="second",
        title=_("Second look"),
        sorts=True,
        value=lambda row: word(VERDICTS, row.request.second_look),
    ),
    Column(name="state", title=_("State"), sorts=True, value=lambda row: word(OUTCOMES, row.request.state)),
    Column(
        name="decided_by",
        title=_("Decided by"),
        sorts=True,
        value=lambda row: row.request.decided_by,
        hides=True,
    ),
)


@page(
    name="release-requests",
    path="quarantine/requests",
    title=_("Requests for releases"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    under="quarantine",
)
def requests(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what waits for a decision, latest first."""
    asked = Asked.of(request, COLUMNS, FILTERS)
    rows = ordered(releasing.requests(scope, only_open=asked.get("state") != "all"), COLUMNS, asked)
    if asked.is_export:
        exported = [Column(name=each.name, title=each.title, value=each.value) for each in COLUMNS]
        return csv_response("requests", [each for each in exported if each.name != "subject"], rows)
    shown, following = page_of(rows, COLUMNS, asked, PAGE)
    table = Table(
        name="requests",
        caption=_("Requests for releases"),
        columns=COLUMNS,
        rows=shown,
        next=following,
        asked=asked,
        filters=FILTERS,
        empty=Empty(
            title=_("No request waits"),
            text=_("When somebody asks for the release of malware, another administrator decides here."),
            icon="shield-lock",
        ),
    )
    return show(request, "traffic/requests.html", {"table": table})


class DecisionForm(Form):
    """What an approver says."""

    reason = forms.CharField(
        label=_("Why"), required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 2})
    )


@page(
    name="release-request",
    path="quarantine/requests/<uuid:id>",
    title=_("Request for a release"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    post=needs(Area.QUARANTINE, Right.RELEASE),
    under="quarantine",
)
def one(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show one request; who did not ask may approve it, everybody who may release may deny it."""
    found = releasing.request(scope, id)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            judgment = _JUDGMENTS.get(request.POST.get("judgment", ""))
            if judgment is None:
                raise ConfigurationError(gettext("Say whether you approve or deny it."))
            decided = releasing.decide(scope, id, judgment, reason=form.cleaned_data["reason"])
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            words = gettext("The request is decided: {state}.").format(
                state=word(OUTCOMES, decided.request.state)
            )
            flash(request, words, level=Level.SUCCESS)
            return to_page(request, "release-requests")
    facts = [(column.title, column.of(found)) for column in COLUMNS if column.name != "subject"]
    context = {
        "found": found,
        "facts": facts,
        "reached": ", ".join(found.reached),
        "form": form,
        "may_deny": scope.allows(Area.QUARANTINE, Right.RELEASE),
    }
    return show(request, "traffic/request.html", context)
