"""Getting a second factor: before the first session where one is required, or later."""

from __future__ import annotations

from typing import Final

import segno
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.core.errors import ScopeError
from lazaretto.store.people import factors, passkeys
from lazaretto.store.people.models import Account
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.showing import show
from lazaretto.web.signin import steps
from lazaretto.web.signin.entering import CHALLENGE, origin_of
from lazaretto.web.signin.fields import Code
from lazaretto.web.signin.security import fresh_account, freshly

_SECRET: Final = "totp_secret"  # noqa: S105 - a key's name
_CODES: Final = "recovery_codes"


class App(Code):
    """A name for the app, and the code that it shows."""

    name = forms.CharField(label=gettext_lazy("Name of the device"), max_length=100, required=False)
    field_order = ("code", "name")


@freshly
@require_http_methods(["GET", "HEAD"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Offer the kinds of second factors."""
    account = _subject(request)
    context = {"account": account, "has_passkeys": passkeys.are_possible(origin_of(request))}
    return show(request, "signin/enrol.html", context)


@freshly
@require_http_methods(["GET", "HEAD", "POST"])
def totp(request: HttpRequest) -> HttpResponse:
    """Show the secret to an app, and take the first code that it makes."""
    account = _subject(request)
    secret = request.session.setdefault(_SECRET, factors.new_totp_secret())
    form = App(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"] or _("Authenticator app")
        if factors.add_totp(account, name, secret, form.cleaned_data["code"]):
            del request.session[_SECRET]
            return _enrolled(request, account)
        form.add_error("code", _("This code is not right. Is the clock of the device right?"))
    address = factors.totp_address(secret, account.email)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return show(request, "signin/totp.html", {"form": form, "picture": picture, "secret": spaced})


@freshly
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser is asked in order to make a passkey."""
    account = _subject(request)
    options, challenge = passkeys.options_to_make(account, origin_of(request))
    request.session[CHALLENGE] = challenge
    return HttpResponse(options, content_type="application/json")


@freshly
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Take the passkey that the browser made."""
    account = _subject(request)
    challenge = request.session.pop(CHALLENGE, "")
    name = request.POST.get("name", "").strip()[:100] or _("Passkey")
    answer = request.POST.get("answer", "")
    if challenge and passkeys.make(account, name, answer, challenge, origin_of(request)):
        return _enrolled(request, account)
    flash(request, _("No passkey was made. Try again, or choose the app."), level=Level.WARNING)
    return HttpResponseRedirect(reverse("enrol"))


@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show new recovery codes this once; POST goes on."""
    if request.method == "POST":
        request.session.pop(_CODES, None)
        if steps.pending(request) is not None:
            return steps.second_proof(request)
        return HttpResponseRedirect(reverse("security"))
    codes = request.session.get(_CODES)
    if codes is None:
        raise ScopeError("recovery codes are shown once")
    return show(request, "signin/recovery_codes.html", {"codes": codes})


@freshly
@require_POST
def renew_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes in place of the old ones."""
    account = fresh_account(request)
    request.session[_CODES] = factors.renew_recovery_codes(account)
    return HttpResponseRedirect(reverse("recovery-codes"))


def _enrolled(request: HttpRequest, account: Account) -> HttpResponse:
    """Go on: with recovery codes after the first factor, back to the account's page after others."""
    if not account.recovery_codes.exists():
        request.session[_CODES] = factors.renew_recovery_codes(account)
        return HttpResponseRedirect(reverse("recovery-codes"))
    if steps.pending(request) is not None:
        return steps.second_proof(request)
    flash(request, _("Saved."))
    return HttpResponseRedirect(reverse("security"))


def _subject(request: HttpRequest) -> Account:
    """Return who may add a factor: signed in, or on the way with none so far.  Raises ``ScopeError``."""
    if steps.may_enrol(request):
        account = steps.pending(request)
        assert account is not None
        return account
    return fresh_account(request)
