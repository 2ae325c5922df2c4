"""Accounts of the quarantine portal, for whoever has the limited rights on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings as configured
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.people import portal_accounts as store
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.entries import Listing
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_ACCESS = needs(Area.QUARANTINE, Right.ACCESS_ACCOUNTS)
_CREATE = needs(Area.QUARANTINE, Right.CREATE_ACCOUNTS)
_ALIAS = needs(Area.QUARANTINE, Right.CREATE_ALIASES)
_DELETE = needs(Area.QUARANTINE, Right.DELETE_ACCOUNTS)
_LISTING = Listing(
    name="portal-accounts",
    caption=gettext_lazy("Quarantine accounts"),
    columns=(
        Column(name="email", title=gettext_lazy("Address"), template="mailbox_people/cell_account.html"),
        Column(name="name", title=gettext_lazy("Name"), hides=True),
        Column(name="state", title=gettext_lazy("State")),
    ),
    template="mailbox_people/accounts.html",
    edit=_CREATE,
    add="portal-account-new",
    add_words=gettext_lazy("Invite somebody"),
    none=gettext_lazy("Nobody has an account yet"),
    none_text=gettext_lazy(
        "People get one by themselves with the link of a digest; invite those who are to have one before."
    ),
    icon="user-circle",
    whole_tenant=False,
)


class AccountForm(Form):
    """Somebody to invite."""

    address = forms.EmailField(label=gettext_lazy("Mail address"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=configured.LANGUAGES)


class AliasForm(Form):
    """A further address of an account."""

    alias = forms.EmailField(
        label=gettext_lazy("Further address"),
        max_length=254,
        help_text=gettext_lazy("A mail goes there; it counts once its link was followed."),
    )


@page(
    name="portal-accounts",
    path="portal-accounts",
    title=gettext_lazy("Quarantine accounts"),
    place=Place.TENANT,
    need=_ACCESS,
    section=Section.ORGANISATION,
    icon="user-circle",
    order=55,
)
def accounts(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the accounts."""
    found = store.accounts(scope).values("id", "email", "name", "address_proven_at")[: store.MOST_LISTED]
    rows = [{**each, "state": _("in use") if each["address_proven_at"] else _("invited")} for each in found]
    may_group = scope.allows(Area.QUARANTINE, Right.CREATE_GROUPS)
    return _LISTING.answer(request, scope, rows, may_group=may_group)


@page(
    name="portal-account-new",
    path="portal-accounts/new",
    title=gettext_lazy("Invite somebody to the quarantine portal"),
    place=Place.TENANT,
    need=_CREATE,
    post=_CREATE,
    under="portal-accounts",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Make an account, and mail its owner how to get in."""
    form = AccountForm(request.POST or None, initial={"language": request.caller.account.language})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = store.create(scope, given["address"], name=given["name"], language=given["language"])
        except ConfigurationError as failure:
            form.add_error("address", str(failure))
        else:
            flash(request, _("%(address)s is invited by mail.") % {"address": made.email})
            return to_page(request, "portal-accounts")
    return show(request, "mailbox_people/new.html", {"form": form}, status=422 if form.errors else 200)


@page(
    name="portal-account",
    path="portal-accounts/<uuid:id>",
    title=gettext_lazy("Quarantine account"),
    place=Place.TENANT,
    need=_ACCESS,
    post=_ALIAS,
    under="portal-accounts",
)
def account(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show an account; POST gives it a further address."""
    form = AliasForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["alias"]
        try:
            store.add_alias(scope, id, address)
        except ConfigurationError as failure:
            form.add_error("alias", str(failure))
        else:
            flash(request, _("A mail was sent to %(address)s; its link confirms.") % {"address": address})
            return to_page(request, "portal-account", id=id)
    context = {
        "its": store.account(scope, id),
        "form": form if scope.allows(*_ALIAS) else None,
        "may_delete": scope.allows(*_DELETE),
    }
    return show(request, "mailbox_people/account.html", context, status=422 if form.errors else 200)


@page(
    name="portal-account-access",
    path="portal-accounts/<uuid:id>/access",
    title=gettext_lazy("Read along in an account"),
    place=Place.TENANT,
    need=_ACCESS,
    post=_ACCESS,
    under="portal-accounts",
)
def access(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Ask, and let the reader of the page read along."""
    its = store.account(scope, id).account
    if request.method != "POST":
        question = Confirmation(
            title=_("Read the held messages of %(address)s?") % {"address": its.email},
            text=_(
                "You find them in the quarantine portal among your own. It is recorded, and the owner sees "
                "that you read along until you or they end it."
            ),
            action=_("Read along"),
            back=address_of("portal-account", scope.tenant_name, id=id),
        )
        return confirm(request, question)
    return _told(
        request,
        id,
        lambda: store.read_along(scope, id, request.caller.account.email),
        _("You find the held messages of %(address)s among your own.") % {"address": its.email},
    )


@page(
    name="portal-account-remove",
    path="portal-accounts/<uuid:id>/remove",
    title=gettext_lazy("Delete an account"),
    place=Place.TENANT,
    need=_DELETE,
    post=_DELETE,
    under="portal-accounts",
)
def remove(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Ask, and end an account."""
    if request.method != "POST":
        question = Confirmation(
            title=_("Delete this account?"),
            text=_(
                "Its sessions end, and its password and second factors are gone. Mail, held messages and "
                "settings of the mailbox stay; its owner can begin a new account with a mailed link."
            ),
            action=_("Delete"),
            back=address_of("portal-accounts", scope.tenant_name),
        )
        return confirm(request, question)
    return _told(
        request, id, lambda: store.remove(scope, id), _("The account is deleted."), "portal-accounts"
    )


def _told(request: PageRequest, identity: UUID, work: Any, done: str, then: str = "") -> HttpResponse:
    """Do ``work``, tell how it went, and lead on."""
    try:
        work()
    except ConfigurationError as failure:
        flash(request, str(failure), level=Level.WARNING)
        return to_page(request, "portal-account", id=identity)
    flash(request, done)
    return to_page(request, then) if then else to_page(request, "portal-account", id=identity)
