"""The tenant's domains, those it claims, and each one's routes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import claims, drafts
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.levels import OwnDomain, says_something
from lazaretto.tenants.placing import UNSAID, Path, WrongSettings
from lazaretto.web.admin.entries import Listing, draft_bar, take_out
from lazaretto.web.admin.pages.domains.servers import ServerForm, Servers, as_initial, servers_of
from lazaretto.web.admin.words_of import label
from lazaretto.web.api.rates import spend_look
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.ROUTES, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ROUTES, Right.EDIT)
_LISTING = Listing(
    name="domains",
    caption=gettext_lazy("Domains"),
    columns=(
        Column(name="domain", title=gettext_lazy("Domain"), template="domains/cell_domain.html"),
        Column(name="addresses", title=gettext_lazy("Addresses"), is_number=True),
        Column(name="routes", title=gettext_lazy("Route"), hides=True),
        Column(name="own", title=gettext_lazy("Own settings"), hides=True),
        Column(name="", title=gettext_lazy("Ready?"), template="domains/cell_ready.html"),
    ),
    template="domains/list.html",
    edit=_EDIT,
    add="domain-new",
    add_words=gettext_lazy("Add a domain"),
    none=gettext_lazy("There is no domain yet"),
    none_text=gettext_lazy("Add one, prove in its DNS that it is yours, and mail for it is received."),
    icon="world",
)


@page(
    name="domains",
    path="domains",
    title=gettext_lazy("Domains"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.ORGANISATION,
    icon="world",
    order=10,
)
def domains(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the domains and the claims."""
    document = drafts.edited(scope).document
    counts: dict[str, int] = {}
    for address in document.addresses:
        name = address.rpartition("@")[2]
        counts[name] = counts.get(name, 0) + 1
    rows = [
        _row(name, its, counts.get(name, 0))
        for name, its in document.domains.items()
        if scope.domains.reach(name)
    ]
    room = claims.room(scope)
    return _LISTING.answer(
        request,
        scope,
        rows,
        claims=claims.open_claims(scope),
        room=room,
        may_add=_LISTING.may_edit(scope) and room.is_left,
    )


def _row(name: str, its: OwnDomain, addresses: int) -> dict[str, Any]:
    hosts = ", ".join(f"{route.host}:{route.port}" for route in its.routes)
    return {
        "domain": name,
        "addresses": addresses,
        "routes": its.route or hosts or _("none"),
        "own": label("choice.true") if says_something(its.settings) else "",
    }


class ClaimForm(Form):
    """A domain to add."""

    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        help_text=gettext_lazy("What stands behind the @, such as customer.example."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@page(
    name="domain-new",
    path="domains/new",
    title=gettext_lazy("Add a domain"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Claim a domain."""
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            claimed = claims.claim(scope, form.cleaned_data["domain"])
        except ConfigurationError as failure:
            form.add_error("domain", str(failure))
        else:
            return to_page(request, "claim", domain=claimed.domain)
    context = {"form": form, "room": claims.room(scope)}
    return show(request, "domains/new.html", context, status=422 if form.errors else 200)


@page(
    name="claim",
    path="domains/claims/<str:domain>",
    title=gettext_lazy("Prove a domain"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="domains",
)
def claim(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Show the record that proves a domain; POST looks for it in the DNS."""
    claimed = claims.claim_of(scope, domain)
    if request.method == "POST":
        spend_look(scope.tenant_name)
        try:
            proof = claims.prove(scope, domain)
        except ConfigurationError as failure:
            flash(request, str(failure), level=Level.DANGER)
            return to_page(request, "claim", domain=domain)
        if proof is claims.Proof.PROVEN:
            flash(request, _("%(domain)s is yours, and mail for it is received.") % {"domain": domain})
            return to_page(request, "domain", domain=domain)
        flash(request, label(f"proof.{proof.value}"), level=Level.WARNING)
        return to_page(request, "claim", domain=domain)
    context = {
        "claim": claimed,
        "name": claims.record_name(claimed),
        "text": claims.record_text(claimed),
        "may_edit": scope.allows(*_EDIT),
    }
    return show(request, "domains/claim.html", context)


@page(
    name="claim-withdraw",
    path="domains/claims/<str:domain>/withdraw",
    title=gettext_lazy("Do not add a domain"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def withdraw(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Forget a claim."""
    claims.claim_of(scope, domain)
    if request.method != "POST":
        question = Confirmation(
            title=_("Do not add %(domain)s after all?") % {"domain": domain},
            text=_("The record in its DNS is of no use any more. You can add the domain again at any time."),
            action=_("Do not add it"),
            back=address_of("domains", scope.tenant_name),
        )
        return confirm(request, question)
    claims.withdraw(scope, domain)
    flash(request, _("%(domain)s is not added.") % {"domain": domain})
    return to_page(request, "domains")


@page(
    name="domain",
    path="domains/<str:domain>",
    title=gettext_lazy("Domain"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="domains",
)
def domain(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Show a domain and take its routes."""
    document = drafts.edited(scope).document
    if domain not in document.domains or not scope.domains.reach(domain):
        return to_page(request, "domains")
    its = document.domains[domain]
    initial = [as_initial(route) for route in its.routes]
    if request.method == "POST":
        formset = Servers(request.POST, initial=initial)
        if formset.is_valid():
            problem = _take_routes(request, scope, domain, document, formset)
            if not problem:
                return to_page(request, "changes")
            flash(request, problem, level=Level.DANGER)
    else:
        formset = Servers(initial=initial)
    context = {
        **draft_bar(scope),
        "domain": domain,
        "formset": formset,
        "named": [
            name for name in document.routes if scope.domains.is_all or name in (its.route, its.fallback)
        ],
        "its": its,
        "may_edit": scope.allows(*_EDIT),
        "own_settings": says_something(its.settings),
    }
    return show(request, "domains/domain.html", context)


def _take_routes(
    request: PageRequest,
    scope: Scope,
    domain: str,
    document: TenantDocument,
    formset: BaseFormSet[ServerForm],
) -> str:
    servers = servers_of(formset, document.domains[domain].routes)
    named = request.POST.get("route", "")
    fallback = request.POST.get("fallback", "")
    at = ("domains", domain)
    values: dict[Path, Any] = {
        (*at, "routes"): servers if servers and not named else UNSAID,
        (*at, "route"): named or UNSAID,
        (*at, "fallback"): fallback or UNSAID,
    }
    try:
        drafts.place(scope, values)
    except WrongSettings as wrong:
        return " ".join(wrong.by_path.values())
    return ""


@page(
    name="domain-remove",
    path="domains/<str:domain>/remove",
    title=gettext_lazy("Remove a domain"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="domains",
)
def remove(request: PageRequest, scope: Scope, domain: str) -> HttpResponse:
    """Take a domain out of the draft, with its addresses."""
    document = drafts.edited(scope).document
    if domain not in document.domains or not scope.domains.reach(domain):
        return to_page(request, "domains")
    gone = {"addresses": 0, "aliases": 0}
    values: dict[Path, Any] = {("domains", domain): UNSAID}
    kept = [each for each in document.addresses if not _is_of(domain, each)]
    aliases = {
        alias: target
        for alias, target in document.aliases.items()
        if not _is_of(domain, alias) and not _is_of(domain, target)
    }
    if len(kept) != len(document.addresses):
        values["addresses",] = kept or UNSAID
        gone["addresses"] = len(document.addresses) - len(kept)
    if len(aliases) != len(document.aliases):
        values["aliases",] = aliases or UNSAID
        gone["aliases"] = len(document.aliases) - len(aliases)
    question = Confirmation(
        title=_("Remove %(domain)s?") % {"domain": domain},
        text=_(
            "Mail for it is refused once the change is published. Its addresses (%(addresses)s) and "
            "aliases (%(aliases)s) go with it; its people do not see their quarantine any more. Going back "
            "to the version before brings all of it back."
        )
        % gone,
        action=_("Remove"),
        back=address_of("domain", scope.tenant_name, domain=domain),
    )
    return take_out(request, scope, question, values)


def _is_of(domain: str, address: str) -> bool:
    return address.rpartition("@")[2] == domain
