"""The start page: leads to the only place that somebody has, or offers those there are."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ScopeError
from lazaretto.store.people.endusers import end_user
from lazaretto.store.people.scopes import Caller
from lazaretto.store.tenancy import visible_names
from lazaretto.web.shell.cards import Anyone, Page, Place
from lazaretto.web.shell.dispatching import to_sign_in
from lazaretto.web.shell.registry import address_of, pages
from lazaretto.web.shell.showing import show

_MOST = 500


def home(request: HttpRequest) -> HttpResponse:
    """Lead on, or offer a choice of places."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None:
        return to_sign_in(request)
    wanted = request.GET.get("q", "").strip().lower()[:100]
    tenants = visible_names(caller)
    shown = [name for name in tenants if wanted in name.lower()][:_MOST]
    places = [(name, f"/t/{name}/") for name in shown]
    own = _own_mail(caller)
    platform = _first(Place.PLATFORM, caller)
    only = [address for address in (own, platform) if address] + [address for _name, address in places]
    if len(only) == 1 and not wanted:
        return HttpResponseRedirect(only[0])
    context = {
        "places": places,
        "own": own,
        "platform": platform,
        "wanted": wanted,
        "has_many": len(tenants) > 8,
        "title": _("Where do you want to go?"),
    }
    return show(request, "signin/home.html", context)


def _own_mail(caller: Caller) -> str:
    with suppress(ScopeError):
        end_user(caller)
        return _first(Place.OWN_MAIL, caller)
    return ""


def _first(place: Place, caller: Caller) -> str:
    """Return where the first page of ``place`` is that ``caller`` may see; empty = there is none."""
    scope = caller.on_platform() if place is Place.PLATFORM else None
    for card in sorted(pages(), key=lambda card: card.order):
        if card.place is place and card.section is not None and _is_open(card, scope):
            with suppress(NoReverseMatch):
                return address_of(card.name)
    return ""


def _is_open(card: Page, scope: object) -> bool:
    from lazaretto.store.scope import Scope

    if scope is None:
        return card.need is not None
    assert isinstance(scope, Scope)
    if isinstance(card.need, Anyone):
        return bool(scope.permissions)
    return card.need is not None and scope.allows(*card.need)
