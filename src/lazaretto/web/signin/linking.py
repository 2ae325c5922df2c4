"""Signing in by a mailed link, an invitation, and the way back after a forgotten password.

The answer to who asks for a link is always the same, and so is the work: whether there is such a mailbox
only the process that sends the letter finds out.  A link that a scanner follows shows a page with a button;
only pressing it uses the link.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lazaretto.store.given import given
from lazaretto.store.people import throttling
from lazaretto.store.people.letters import leave_letter
from lazaretto.store.people.links import Purpose, looked_at, make_link, used
from lazaretto.store.people.models import Account
from lazaretto.store.people.providers import is_only_way
from lazaretto.web.api.rates import spend
from lazaretto.web.shell.callers import client_of
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.showing import show
from lazaretto.web.signin import steps
from lazaretto.web.signin.fields import email_field


class Address(Form):
    """An address."""

    email = email_field(autofocus=True)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Mail a link that signs in."""
    return _asked(request, Purpose.SIGN_IN)


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail a link with which a new password can be chosen."""
    return _asked(request, Purpose.PASSWORD)


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask whether to go on; POST uses the link up."""
    spend(f"link {client_of(request)}")
    if request.method != "POST":
        found = looked_at(secret)
        if found is None:
            return show(request, "signin/link_over.html", status=410)
        return show(request, "signin/link.html", {"address": found[0], "purpose": found[1].value})
    found = used(secret)
    account = None if found is None else _account_of(*found)
    if found is None or account is None:
        return show(request, "signin/link_over.html", status=410)
    wants_password = found[1] is not Purpose.SIGN_IN
    return steps.first_proof(request, account, way=steps.LINK, back="/", wants_password=wants_password)


def link_address(secret: str) -> str:
    """Return what a letter says; made of the configured name alone, whatever host a request was for."""
    return f"{given().base_url}/link/{secret}"


def _asked(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    form = Address(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address, client = form.cleaned_data["email"].lower(), client_of(request)
        spend(f"sign-in {client}")
        key = f"{purpose.value} {address}"
        if not throttling.wait_for(key, client):
            throttling.failed(key, client)
            secret = make_link(address, purpose)
            language = get_language() or "en"
            leave_letter(address, purpose.value, language, link=link_address(secret))
        return show(request, "signin/link_sent.html", {"address": address})
    titles = {
        Purpose.SIGN_IN: _("Sign in without a password"),
        Purpose.PASSWORD: _("Forgotten password"),
    }
    return show(request, "signin/ask_for_link.html", {"form": form, "title": titles[purpose]})


def _account_of(address: str, purpose: Purpose) -> Account | None:
    if is_only_way(address):
        return None
    account = Account.objects.filter(email=address).first()
    if account is None and purpose is Purpose.SIGN_IN:
        account = Account(email=address, language=get_language() or "en", must_change_password=False)
        account.set_unusable_password()
        account.save()
    if account is None or not account.is_active:
        return None
    account.address_proven_at = datetime.now(UTC)
    account.save(update_fields=["address_proven_at"])
    return account
