"""Signing in with a password, and out."""

from __future__ import annotations

from django import forms
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.store.people.models import Account
from lazaretto.store.people.sessions import begin
from lazaretto.web.api.rates import spend
from lazaretto.web.shell.callers import agent_of, client_of
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.showing import local, show


class Password(Form):
    """Address and password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password."""
    form = Password(request.POST or None)
    if request.method == "POST" and form.is_valid():
        spend(f"sign-in {client_of(request)}")
        account = _proven(form.cleaned_data["email"].lower(), form.cleaned_data["password"])
        if account is not None:
            begin(
                request.session, account, way="password", client=client_of(request), agent=agent_of(request)
            )
            return HttpResponseRedirect(local(request.GET.get("next"), "/"))
        form.add_error(None, _("Address or password is not right."))
    return show(request, "signin/sign_in.html", {"form": form}, status=200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return HttpResponseRedirect("/sign-in")


def _proven(email: str, password: str) -> Account | None:
    account = Account.objects.filter(email=email, is_active=True).first()
    if account is None or not account.has_usable_password():
        # Takes as long as checking does, so that time does not tell which accounts exist.
        make_password(password)
        return None
    return account if check_password(password, account.password) else None
