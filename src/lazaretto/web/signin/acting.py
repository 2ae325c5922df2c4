"""Operators act for a tenant: begun by a click that is recorded, shown on every page, ended by another."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.core.errors import ScopeError
from lazaretto.store.auditing import ordered
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Scope
from lazaretto.web.shell.dispatching import ACTS_FOR, to_sign_in
from lazaretto.web.shell.showing import local, show


@require_http_methods(["GET", "HEAD", "POST"])
def act_for(request: HttpRequest, tenant: str) -> HttpResponse:
    """Ask whether the operator wants to act for ``tenant``; POST begins it, and records that it began."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None:
        return to_sign_in(request)
    scope = caller.in_tenant(tenant)
    if not any(grant.tenant is None for grant in caller.account.grants.all()):
        raise ScopeError("there is no such tenant")
    back = local(request.GET.get("next"), reverse("pages:start", kwargs={"tenant": tenant}))
    if request.method != "POST":
        return show(request, "signin/act_for.html", {"tenant": tenant, "back": back})
    with ordered(_acting(scope), "tenant.act-for", tenant):
        request.session[ACTS_FOR] = tenant
    return HttpResponseRedirect(back)


@require_POST
def stop_acting(request: HttpRequest) -> HttpResponse:
    """End it."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None:
        return to_sign_in(request)
    tenant = request.session.pop(ACTS_FOR, "")
    if tenant:
        with ordered(_acting(caller.in_tenant(tenant)), "tenant.stop-acting", tenant):
            pass
    return HttpResponseRedirect("/")


def _acting(scope: Scope) -> Scope:
    return replace(scope, who=replace(scope.who, on_behalf_of=scope.tenant_name))
