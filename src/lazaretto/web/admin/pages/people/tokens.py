"""Tokens with which programs act for the one who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.people import commands, queries
from lazaretto.store.roles import ROLES
from lazaretto.store.scope import Scope
from lazaretto.web.admin.words_of import label
from lazaretto.web.shell.cards import Anyone, Place, Section, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page


class TokenForm(Form):
    """A token."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("What it may do"),
        help_text=gettext_lazy("Never more than you may; as little as the program needs is best."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it ends"), min_value=1, max_value=730, initial=365
    )

    def __init__(self, *arguments: Any, scope: Scope, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (role.name, label(f"role.{role.name}"))
            for role in ROLES.values()
            if not role.is_operators and role.permissions & scope.permissions
        ]


@page(
    name="tokens",
    path="tokens",
    title=gettext_lazy("My API tokens"),
    place=Place.TENANT,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    section=Section.ORGANISATION,
    icon="api",
    order=60,
)
def tokens(request: PageRequest, scope: Scope) -> HttpResponse:
    """List the reader's own tokens; make one, which is shown once."""
    form = TokenForm(request.POST or None, scope=scope)
    secret = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        allowed = sorted(each.text for each in ROLES[given["role"]].permissions & scope.permissions)
        try:
            _token, secret = commands.make_token(
                request.caller,
                given["name"],
                permissions=allowed,
                tenant=scope.of_tenant,
                expires_at=datetime.now(UTC) + timedelta(days=given["days"]),
            )
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            form = TokenForm(scope=scope)
    mine = queries.own_tokens(request.caller).filter(tenant=scope.of_tenant)
    context = {"form": form, "tokens": list(mine), "secret": secret, "now": datetime.now(UTC)}
    return show(request, "people/tokens.html", context, status=422 if form.errors else 200)


@page(
    name="token-revoke",
    path="tokens/<uuid:id>/revoke",
    title=gettext_lazy("End a token"),
    place=Place.TENANT,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    under="tokens",
)
def revoke(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """End a token of the reader's own."""
    if request.method != "POST":
        question = Confirmation(
            title=_("End this token?"),
            text=_("The program that uses it is refused from now on."),
            action=_("End it"),
            back=address_of("tokens", scope.tenant_name),
        )
        return confirm(request, question)
    commands.revoke_token(request.caller, id)
    flash(request, _("The token has ended."))
    return to_page(request, "tokens")
