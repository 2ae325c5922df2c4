"""Signing in with the provider of one's own organisation."""

from __future__ import annotations

from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lazaretto.core.errors import LazarettoError
from lazaretto.store.given import given
from lazaretto.store.people import oidc
from lazaretto.store.people.models import Provider
from lazaretto.store.people.providers import account_proven_by, provider_of
from lazaretto.web.api.rates import spend
from lazaretto.web.shell.callers import client_of
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.showing import show
from lazaretto.web.signin import steps
from lazaretto.web.signin.fields import email_field

log = structlog.get_logger(__name__)

_BEGUN: Final = "provider_begun"
_BACK: Final = "provider_back"


class Address(Form):
    """The address whose domain tells the organisation."""

    email = email_field(autofocus=True)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the address; then lead to its organisation's provider, by a link.

    A redirect there would be one of a form, which the pages' policy keeps to ourselves.
    """
    form = Address(request.POST or None)
    if request.method == "POST":
        spend(f"sign-in {client_of(request)}")
        if form.is_valid():
            provider = provider_of(form.cleaned_data["email"])
            if provider is not None:
                return _begun(request, provider, form.cleaned_data["email"])
            form.add_error("email", _("For this address there is no sign-in of an organisation here."))
    return show(request, "signin/organisation.html", {"form": form})


@require_safe
def oidc_answer(request: HttpRequest) -> HttpResponse:
    """Take what the provider's answer says; it is good once, for the browser that began."""
    spend(f"sign-in {client_of(request)}")
    kept: dict[str, str] | None = request.session.pop(_BEGUN, None)
    provider = None if kept is None else Provider.objects.filter(id=kept["provider"]).first()
    if kept is None or provider is None:
        return _refused(request, "nothing was begun")
    try:
        address = oidc.finish(provider, oidc.Begun(**kept), request.GET.dict())
    except LazarettoError as failure:
        return _refused(request, str(failure))
    return _proven(request, provider, address)


def _begun(request: HttpRequest, provider: Provider, email: str) -> HttpResponse:
    redirect = f"{given().base_url}{reverse('oidc-answer')}"
    try:
        address, begun = oidc.begin(provider, redirect, email)
    except LazarettoError as failure:
        return _refused(request, str(failure))
    request.session[_BEGUN] = begun.as_json()
    request.session[_BACK] = request.GET.get("next", "")
    request.session.set_expiry(steps.PATIENCE)
    return show(request, "signin/to_organisation.html", {"provider": provider, "address": address})


def _proven(request: HttpRequest, provider: Provider, address: str) -> HttpResponse:
    account = account_proven_by(provider, address, get_language() or "en")
    if account is None:
        return _refused(request, f"the account of {address} is closed")
    back = request.session.pop(_BACK, "")
    return steps.first_proof(request, account, way=steps.PROVIDER, back=back)


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    log.warning("an identity provider's answer was refused", reason=reason, client=client_of(request))
    context: dict[str, Any] = {"retry": reverse("sign-in-provider")}
    return show(request, "signin/organisation_refused.html", context, status=403)
