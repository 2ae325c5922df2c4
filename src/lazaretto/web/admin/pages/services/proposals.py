"""Changes that wait for a second person: looked at, approved or rejected."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import reviews, tenancy
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.services.publishing import shown_changes, tell_done
from lazaretto.web.admin.words_of import label
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Table, csv_response

_A_PAGE = 50
_MOST = 1_000
_COLUMNS = (
    Column(name="id", title=gettext_lazy("Proposal"), template="services/cell_proposal.html"),
    Column(name="proposed_at", title=gettext_lazy("Time")),
    Column(name="proposed_by", title=gettext_lazy("By")),
    Column(name="note", title=gettext_lazy("Note"), hides=True),
    Column(name="state", title=gettext_lazy("State"), value=lambda row: label(f"state.{row.state}")),
)


@page(
    name="proposals",
    path="proposals",
    title=gettext_lazy("Changes to approve"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="services",
)
def proposals(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the proposals, latest first."""
    asked = Asked.of(request, _COLUMNS)
    if asked.is_export:
        return csv_response("proposals", _COLUMNS, reviews.proposals(scope, limit=_MOST))
    (before,) = parts_of(asked.cursor, tuple[int]) if asked.cursor else (None,)
    found = list(reviews.proposals(scope, before=before, limit=_A_PAGE + 1))
    table = Table(
        name="proposals",
        caption=_("Changes to approve"),
        columns=_COLUMNS,
        rows=found[:_A_PAGE],
        asked=asked,
        next=cursor_of(found[_A_PAGE - 1].id) if len(found) > _A_PAGE else None,
        empty=Empty(
            title=_("Nothing waits for a second person"),
            text=_("Where changes need one, they appear here until somebody else decides."),
            icon="users",
        ),
    )
    return show(request, "services/versions.html", {"table": table})


@page(
    name="proposal",
    path="proposals/<int:id>",
    title=gettext_lazy("Change to approve"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    post=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="services",
)
def proposal(request: PageRequest, scope: Scope, id: int) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show what a proposal changes; POST decides."""
    found = reviews.proposal(scope, id)
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "approve":
                tell_done(request, scope, reviews.approve(scope, id))
            elif request.POST.get("decision") == "reject":
                reviews.reject(scope, id, request.POST.get("reason", "")[:500])
                flash(request, _("The change was rejected."))
        except ConfigurationError as failure:
            flash(request, str(failure), level=Level.WARNING)
        return to_page(request, "proposals")
    context = {
        "proposal": found,
        "state": label(f"state.{found.state}"),
        "changes": shown_changes(scope, tenancy.whole(scope, found.based_on).text, found.document),
        "is_own": found.proposed_by == scope.who.name,
    }
    return show(request, "services/proposal.html", context)
