"""From an address to a page's view: who asks, in which scope, and may they.

The checks stand here, once, so that a view that is called at all is called with a scope that allows what its
card says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.people.endusers import EndUser, end_user
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Forbidden, Scope
from lazaretto.web.shell.cards import Anyone, Need, Page, Place
from lazaretto.web.shell.registry import pages

ACTS_FOR: Final = "acts_for"
"""Key in the session of the tenant for which an operator acts."""
_READING: Final = ("GET", "HEAD")


def patterns() -> list[URLPattern]:
    """Return where all pages are."""
    return [path(_route(card), guarded(card), name=card.name) for card in pages()]


def guarded(card: Page) -> Callable[..., HttpResponseBase]:
    """Return the view of ``card``, behind the checks that the card demands."""

    def answer(request: HttpRequest, tenant: str = "", **arguments: Any) -> HttpResponseBase:
        need = card.need if request.method in _READING else card.post
        if request.method not in (*_READING, "POST") or (request.method == "POST" and card.post is None):
            return HttpResponseNotAllowed(_READING if card.post is None else (*_READING, "POST"))
        caller: Caller | None = getattr(request, "caller", None)
        if caller is None:
            return to_sign_in(request)
        _refuse_nul(request)
        scope = _scope(card, caller, tenant)
        _demand(scope, need)
        request.page, request.scope = card, scope  # type: ignore[attr-defined]
        request.is_partial = request.headers.get("HX-Request") == "true"  # type: ignore[attr-defined]
        request.tenant_name, request.acts_for = scope.tenant_name, False  # type: ignore[attr-defined]
        request.is_partial = _is_htmx(request)  # type: ignore[attr-defined]
        if isinstance(scope, Scope) and scope.tenant is not None and _is_operator(caller, scope):
            if request.session.get(ACTS_FOR) != scope.tenant_name:
                return _to_acting(request, scope.tenant_name)
            request.acts_for = True  # type: ignore[attr-defined]
            scope = replace(scope, who=replace(scope.who, on_behalf_of=scope.tenant_name))
        return card.view(request, scope, **arguments)

    return answer


def _refuse_nul(request: HttpRequest) -> None:
    """Raise ``ConfigurationError`` where a value has NUL, which no database keeps and no key writes."""
    for given in (request.GET, request.POST):
        if any("\0" in text for name, texts in given.lists() for text in (name, *texts)):
            raise ConfigurationError(_("Something that was sent holds the character NUL, which no text has."))


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page, and from there back to a page that was asked for with GET."""
    back = f"?{urlencode({'next': request.get_full_path()})}" if request.method in _READING else ""
    return _redirected(request, reverse("sign-in") + back)


def _to_acting(request: HttpRequest, tenant: str) -> HttpResponse:
    back = f"?{urlencode({'next': request.get_full_path()})}" if request.method in _READING else ""
    return _redirected(request, reverse("act-for", kwargs={"tenant": tenant}) + back)


def _redirected(request: HttpRequest, address: str) -> HttpResponse:
    if _is_htmx(request):
        # A part of a page must not be filled with the whole of another.
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _route(card: Page) -> str:
    place = card.place.value.replace("<tenant>", "<str:tenant>")
    return f"{place}{card.path}"


def _scope(card: Page, caller: Caller, tenant: str) -> Scope | EndUser:
    if card.place is Place.TENANT:
        return caller.in_tenant(tenant)
    return caller.on_platform() if card.place is Place.PLATFORM else end_user(caller)


def _demand(scope: Scope | EndUser, need: Need | None) -> None:
    if need is None:
        raise Forbidden("this page says of nobody that they may see it")
    if isinstance(scope, EndUser):
        if need is not Anyone.SIGNED_IN:
            raise Forbidden("this needs a permission, and end users have none")
    elif need is Anyone.SIGNED_IN:
        if not scope.permissions:
            raise Forbidden("nothing is granted to you here")
    elif isinstance(need, Anyone):
        raise Forbidden("this page says of nobody that they may see it")
    else:
        scope.demand(*need)


def _is_operator(caller: Caller, scope: Scope) -> bool:
    return all(grant.tenant != scope.tenant for grant in caller.account.grants.all())


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
