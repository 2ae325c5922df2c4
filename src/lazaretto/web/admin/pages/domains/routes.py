"""Named routes: lists of servers that several domains share, or that a domain falls back to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.store import drafts
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.placing import UNSAID, Path
from lazaretto.tenants.sections import Route
from lazaretto.web.admin.entries import Listing, draft_bar, placed, take_out
from lazaretto.web.admin.pages.domains.servers import ServerForm, Servers, as_initial, servers_of
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.ROUTES, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ROUTES, Right.EDIT)
_LISTING = Listing(
    name="routes",
    caption=gettext_lazy("Named routes"),
    columns=(
        Column(name="name", title=gettext_lazy("Route"), template="domains/cell_route.html"),
        Column(name="servers", title=gettext_lazy("Servers")),
        Column(name="used_by", title=gettext_lazy("Used by"), hides=True),
    ),
    template="domains/routes.html",
    edit=_EDIT,
    add="route-new",
    add_words=gettext_lazy("Add a route"),
    none=gettext_lazy("There is no named route yet"),
    none_text=gettext_lazy(
        "A named route is a list of servers that several domains share, or that a domain falls back to when "
        "its own servers do not answer."
    ),
    icon="route",
)


class RouteForm(Form):
    """What a route is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Lower-case letters, digits, “.”, “_” and “-”."),
    )


@page(
    name="routes",
    path="routes",
    title=gettext_lazy("Named routes"),
    place=Place.TENANT,
    need=_SEE,
    under="domains",
)
def routes(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the routes."""
    document = drafts.edited(scope).document
    rows = [
        {
            "name": name,
            "servers": ", ".join(f"{route.host}:{route.port}" for route in servers),
            "used_by": ", ".join(_users(scope, document, name)),
        }
        for name, servers in document.routes.items()
        if _is_seen(scope, document, name)
    ]
    return _LISTING.answer(request, scope, rows)


def _is_seen(scope: Scope, document: TenantDocument, name: str) -> bool:
    """Tell whether ``scope`` may know of a route: that of its own domains, where it reaches some only."""
    return scope.domains.is_all or any(_users(scope, document, name))


def _users(scope: Scope, document: TenantDocument, name: str) -> Iterator[str]:
    """Yield the domains within ``scope`` that take the route ``name``."""
    for domain, its in document.domains.items():
        if name in (its.route, its.fallback) and scope.domains.reach(domain):
            yield domain


@page(
    name="route-new",
    path="routes/new",
    title=gettext_lazy("Add a route"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add a route to the draft."""
    return _edit(request, scope, "", ())


@page(
    name="route",
    path="routes/<str:which>",
    title=gettext_lazy("Named route"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="domains",
)
def route(request: PageRequest, scope: Scope, which: str) -> HttpResponse:
    """Change a route in the draft."""
    document = drafts.edited(scope).document
    known = document.routes.get(which)
    if known is None or not _is_seen(scope, document, which):
        return to_page(request, "routes")
    return _edit(request, scope, which, known)


def _edit(request: PageRequest, scope: Scope, known: str, before: Sequence[Route]) -> HttpResponse:
    initial = [as_initial(each) for each in before]
    is_sent = request.method == "POST"
    form = RouteForm(request.POST if is_sent else None, initial={"name": known})
    if known:
        # Domains refer to a route by its name.
        form.fields["name"].disabled = True
    formset = Servers(request.POST if is_sent else None, initial=initial)
    if is_sent and form.is_valid() and formset.is_valid() and _take(scope, form, formset, known, before):
        return to_page(request, "changes")
    document = drafts.edited(scope).document
    context = {
        **draft_bar(scope),
        "form": form,
        "formset": formset,
        "known": known,
        "users": list(_users(scope, document, known)) if known else [],
        "may_edit": _LISTING.may_edit(scope),
    }
    wrong = bool(form.errors) or (is_sent and not formset.is_valid())
    return show(request, "domains/route.html", context, status=422 if wrong else 200)


def _take(
    scope: Scope, form: RouteForm, formset: BaseFormSet[ServerForm], known: str, before: Sequence[Route]
) -> bool:
    name = known or form.cleaned_data["name"].strip()
    servers = servers_of(formset, before)
    if not known and name in drafts.edited(scope).document.routes:
        form.add_error("name", _("There is such a route already."))
        return False
    if not servers:
        form.add_error(None, _("Name at least one server."))
        return False
    values: dict[Path, Any] = {("routes", name): servers}
    return placed(scope, form, values)


@page(
    name="route-remove",
    path="routes/<str:which>/remove",
    title=gettext_lazy("Remove a route"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def remove(request: PageRequest, scope: Scope, which: str) -> HttpResponse:
    """Take a route out of the draft; one that a domain takes stays."""
    document = drafts.edited(scope).document
    if which not in document.routes or not _is_seen(scope, document, which):
        return to_page(request, "routes")
    users = list(_users(scope, document, which))
    if users:
        text = _("%(domains)s would have no way to deliver; give these domains another route first.")
        flash(request, text % {"domains": ", ".join(users)}, level=Level.WARNING)
        return to_page(request, "route", which=which)
    question = Confirmation(
        title=_("Remove the route %(name)s?") % {"name": which},
        text=_("No domain takes it. It holds once the change is published, and can be undone."),
        action=_("Remove"),
        back=address_of("route", scope.tenant_name, which=which),
    )
    return take_out(request, scope, question, {("routes", which): UNSAID})
