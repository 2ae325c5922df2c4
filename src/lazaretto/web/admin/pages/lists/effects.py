"""How far the look at an entry's effect on past mail is."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.store import backtests
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.progress import Progress, progress
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import to_address


@page(
    name="sender-effect",
    path="senders/effects/<uuid:id>",
    title=gettext_lazy("Effect on past mail"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    under="senders",
)
def effect(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show how far a run is; when it is over, lead back to the entry."""
    run = backtests.backtest(scope, id)
    kept = request.session.get("blast_radius") or {}
    then = address_of("senders", scope.tenant_name)
    if kept.get("run") == run.id.hex:
        there = address_of("sender-remove", scope.tenant_name, which=kept["which"])
        then = f"{there}?{urlencode({'entry': kept['entry']})}"
    if backtests.is_lost(run) or (run.finished and not request.is_partial):
        return to_address(request, then)
    state = Progress(
        title=_("Looking at what the entry did"),
        done=run.done,
        total=run.days,
        text=_("%(done)s of %(days)s days looked at") % {"done": run.done, "days": run.days},
        is_over=run.finished,
    )
    return progress(request, state, then=then)
