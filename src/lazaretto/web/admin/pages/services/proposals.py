"""Changes that wait for a second person: looked at, approved or rejected."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import reviews, tenancy
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.reviewing import Proposal
from lazaretto.web.admin.pages.services.publishing import shown_changes, tell_done
from lazaretto.web.admin.words_of import label, lazy_label
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 50
_MOST = 1_000
_STATES = tuple((each, lazy_label(f"state.{each}")) for each in ("open", "approved", "rejected", "expired"))
_FILTERS = (
    Filter(name="by", title=gettext_lazy("By")),
    Filter(name="note", title=gettext_lazy("Note")),
    Filter(name="state", title=gettext_lazy("State"), choices=_STATES),
)
_COLUMNS = (
    Column(name="id", title=gettext_lazy("Proposal"), sorts=True, template="services/cell_proposal.html"),
    Column(name="proposed_at", title=gettext_lazy("Time"), sorts=True),
    Column(name="proposed_by", title=gettext_lazy("By"), sorts=True),
    Column(name="note", title=gettext_lazy("Note"), sorts=True, hides=True),
    Column(
        name="state", title=gettext_lazy("State"), sorts=True, value=lambda row: label(f"state.{row.state}")
    ),
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
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    found = [each for each in reviews.proposals(scope, limit=_MOST) if _matches(each, asked)]
    if asked.is_export:
        return csv_response("proposals", _COLUMNS, ordered(found, _COLUMNS, asked))
    rows, following = page_of(found, _COLUMNS, asked, _A_PAGE)
    table = Table(
        name="proposals",
        caption=_("Changes to approve"),
        columns=_COLUMNS,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        empty=Empty(
            title=_("Nothing waits for a second person"),
            text=_("Where changes need one, they appear here until somebody else decides."),
            icon="users",
        ),
    )
    return show(request, "services/versions.html", {"table": table})


def _matches(each: Proposal, asked: Asked) -> bool:
    return (
        asked.get("by").lower() in each.proposed_by.lower()
        and asked.get("note").lower() in each.note.lower()
        and asked.get("state") in ("", each.state)
    )


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
        return _decide(request, scope, found)
    context = {
        "proposal": found,
        "state": label(f"state.{found.state}"),
        "changes": shown_changes(scope, tenancy.whole(scope, found.based_on).text, found.document),
        "is_own": found.proposed_by == scope.who.name,
    }
    return show(request, "services/proposal.html", context)


def _decide(request: PageRequest, scope: Scope, found: Proposal) -> HttpResponse:
    """Approve or, after a question, reject."""
    decision, reason = request.POST.get("decision", ""), request.POST.get("reason", "")[:500]
    if decision == "reject" and "sure" not in request.POST:
        is_own = found.proposed_by == scope.who.name
        question = Confirmation(
            title=_("Withdraw this change?") if is_own else _("Reject this change?"),
            text=_("It is not published. Who wants it after all has to propose it again."),
            action=_("Withdraw") if is_own else _("Reject"),
            back=address_of("proposal", scope.tenant_name, id=found.id),
            hidden={"decision": "reject", "reason": reason, "sure": "1"},
        )
        return confirm(request, question)
    try:
        if decision == "approve":
            tell_done(request, scope, reviews.approve(scope, found.id))
        elif decision == "reject":
            reviews.reject(scope, found.id, reason)
            flash(request, _("The change was rejected."))
        else:
            flash(request, _("Say whether you approve or reject it."), level=Level.WARNING)
            return to_page(request, "proposal", id=found.id)
    except ConfigurationError as failure:
        flash(request, str(failure), level=Level.WARNING)
    return to_page(request, "proposals")
