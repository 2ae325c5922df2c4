"""The sign-in page with address and password, the second factor after it, and the way out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.store.people import factors, passkeys, throttling
from lazaretto.store.people.models import Account
from lazaretto.store.people.providers import is_only_way
from lazaretto.store.people.proving import WeakPassword, proven_by_password, set_password
from lazaretto.web.api.rates import spend
from lazaretto.web.shell.callers import client_of
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.showing import show
from lazaretto.web.signin import steps
from lazaretto.web.signin.fields import REASONS, Code, NewPassword, email_field, password_field

log = structlog.get_logger(__name__)

CHALLENGE: Final = "passkey_challenge"


class Password(Form):
    """Address and password."""

    email = email_field(autofocus=True)
    password = password_field(gettext_lazy("Password"), "current-password")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password; what is wrong with them is never said."""
    form = Password(request.POST or None)
    if request.method == "POST":
        spend(f"sign-in {client_of(request)}")
        if form.is_valid():
            email, client = form.cleaned_data["email"].lower(), client_of(request)
            wait = throttling.wait_for(email, client)
            if wait:
                return _told_to_wait(request, form, wait)
            account = proven_by_password(email, form.cleaned_data["password"])
            if account is not None and not _is_providers_alone(account):
                throttling.succeeded(email, client)
                return steps.first_proof(request, account, way=steps.PASSWORD, back=request.GET.get("next"))
            throttling.failed(email, client)
            log.info("sign-in failed", client=client)
            form.add_error(None, _("Address or password is not right."))
    return show(request, "signin/sign_in.html", {"form": form, **_ways(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code, or the passkey, after the first proof."""
    account = steps.pending(request)
    if account is None:
        return HttpResponseRedirect(reverse("sign-in"))
    form = Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, client = f"second {account.email}", client_of(request)
        wait = throttling.wait_for(key, client)
        if wait:
            return _told_to_wait(request, form, wait, "signin/second_factor.html")
        if factors.prove_code(account, form.cleaned_data["code"]):
            throttling.succeeded(key, client)
            return steps.second_proof(request)
        throttling.failed(key, client)
        form.add_error("code", _("This code is not right, or was used before. Wait for the next one."))
    return show(request, "signin/second_factor.html", {"form": form, **_second_ways(request, account)})


@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what the browser is asked for, of who is about to sign in or of anybody."""
    spend(f"sign-in {client_of(request)}")
    options, challenge = passkeys.options_to_prove(steps.pending(request), origin_of(request))
    request.session[CHALLENGE] = challenge
    if steps.pending(request) is None:
        request.session.set_expiry(steps.PATIENCE)
    return HttpResponse(options, content_type="application/json")


@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Take the passkey's answer: the second factor, or both at once."""
    spend(f"sign-in {client_of(request)}")
    known = steps.pending(request)
    challenge = request.session.pop(CHALLENGE, "")
    account = None
    if challenge:
        account = passkeys.proven(known, request.POST.get("answer", ""), challenge, origin_of(request))
    if account is None or _is_providers_alone(account):
        flash(request, _("This passkey is not known here."), level=Level.DANGER)
        return HttpResponseRedirect(reverse("second-factor" if known else "sign-in"))
    if known is not None:
        return steps.second_proof(request)
    return steps.first_proof(request, account, way=steps.PASSKEY, back=request.GET.get("next"))


@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Ask for a password in place of the initial or forgotten one."""
    account = steps.pending(request)
    if account is None or not steps.may_change_password(request):
        return steps.proceed(request)
    form = NewPassword(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if account.check_password(form.cleaned_data["new"]):
            form.add_error("new", _("Choose one that differs from the present one."))
        elif took_password(account, form):
            steps.has_password(request)
            return steps.proceed(request)
    return show(request, "signin/new_password.html", {"form": form, "account": account})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return HttpResponseRedirect(reverse("sign-in"))


def took_password(account: Account, form: Form) -> bool:
    """Let ``account`` have the form's new password; False where it is too weak, which the form says then."""
    try:
        set_password(account, form.cleaned_data["new"])
    except WeakPassword as reason:
        form.add_error("new", REASONS[str(reason)])
        return False
    return True


def origin_of(request: HttpRequest) -> str:
    """Return the origin that the browser is at; its host is one of ours, or we had not answered."""
    return f"{request.scheme}://{request.get_host()}"


def _ways(request: HttpRequest) -> dict[str, Any]:
    return {"has_passkeys": passkeys.are_possible(origin_of(request)), "next": request.GET.get("next", "")}


def _second_ways(request: HttpRequest, account: Account) -> dict[str, Any]:
    kinds = set(account.factors.values_list("kind", flat=True))
    can = passkeys.are_possible(origin_of(request))
    return {"has_totp": factors.TOTP in kinds, "has_passkeys": can and factors.PASSKEY in kinds}


def _told_to_wait(
    request: HttpRequest, form: Form, wait: timedelta, template: str = "signin/sign_in.html"
) -> HttpResponse:
    seconds = max(1, int(wait.total_seconds()) + 1)
    text = _("Too many attempts. Wait %(seconds)d seconds, then try again.") % {"seconds": seconds}
    form.add_error(None, text)
    response = show(request, template, {"form": form, **_ways(request)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _is_providers_alone(account: Account) -> bool:
    return not account.is_break_glass and is_only_way(account.email)
