"""Signing in with the provider of one's own organisation."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.core.errors import LazarettoError, ScopeError
from lazaretto.store.given import given
from lazaretto.store.people import oidc, saml
from lazaretto.store.people.links import Purpose, make_link, used
from lazaretto.store.people.models import Provider
from lazaretto.store.people.providers import OIDC, SAML, account_proven_by, provider_of
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
    if kept is None or provider is None or provider.kind != OIDC:
        return _refused(request, "nothing was begun")
    try:
        address = oidc.finish(provider, oidc.Begun(**kept), request.GET.dict())
    except LazarettoError as failure:
        return _refused(request, str(failure))
    return _proven(request, provider, address)


# It comes across sites, without cookies or our token: what it says is signed, and is worth nothing before the
# browser that began comes to ``saml_finish`` by itself.
@csrf_exempt
@require_POST
def saml_answer(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Check what the provider signed, and send the browser on."""
    spend(f"sign-in {client_of(request)}")
    provider = Provider.objects.filter(id=identity, kind=SAML).first()
    if provider is None:
        raise ScopeError("there is no such provider")
    answer_to = _answer_to(provider)
    try:
        address, asked = saml.finish(
            provider,
            request.POST.get("SAMLResponse", ""),
            own_name=f"{answer_to}/metadata",
            answer_to=answer_to,
        )
    except LazarettoError as failure:
        return _refused(request, str(failure))
    proof = make_link(address, Purpose.SAML, bound_to=asked)
    return HttpResponseRedirect(reverse("saml-finish", kwargs={"identity": identity, "proof": proof}))


@require_safe
def saml_finish(request: HttpRequest, identity: UUID, proof: str) -> HttpResponse:
    """Sign in the browser that began what the provider's answer belongs to; once."""
    spend(f"sign-in {client_of(request)}")
    kept: dict[str, str] | None = request.session.pop(_BEGUN, None)
    provider = Provider.objects.filter(id=identity, kind=SAML).first()
    if kept is None or provider is None or kept.get("provider") != str(identity):
        return _refused(request, "nothing was begun")
    found = used(proof, bound_to=kept.get("request", ""))
    if found is None or found[1] is not Purpose.SAML:
        return _refused(request, "the answer belongs to another browser, or was used")
    return _proven(request, provider, found[0])


@require_safe
def saml_metadata(request: HttpRequest, identity: UUID) -> HttpResponse:
    """Describe ourselves to the provider."""
    provider = Provider.objects.filter(id=identity, kind=SAML).first()
    if provider is None:
        raise ScopeError("there is no such provider")
    described = saml.metadata(f"{_answer_to(provider)}/metadata", _answer_to(provider))
    return HttpResponse(described, content_type="application/samlmetadata+xml")


def _answer_to(provider: Provider) -> str:
    return f"{given().base_url}{reverse('saml-answer', kwargs={'identity': provider.id})}"


def _begun(request: HttpRequest, provider: Provider, email: str) -> HttpResponse:
    if provider.kind == SAML:
        answer_to = _answer_to(provider)
        address, asked = saml.begin(provider, f"{answer_to}/metadata", answer_to)
        kept = {"provider": str(provider.id), "request": asked}
        return _on_the_way(request, provider, address, kept)
    redirect = f"{given().base_url}{reverse('oidc-answer')}"
    try:
        address, begun = oidc.begin(provider, redirect, email)
    except LazarettoError as failure:
        return _refused(request, str(failure))
    return _on_the_way(request, provider, address, begun.as_json())


def _on_the_way(request: HttpRequest, provider: Provider, address: str, kept: dict[str, str]) -> HttpResponse:
    request.session[_BEGUN] = kept
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
