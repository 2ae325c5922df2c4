"""Account groups: people who look after the quarantine of shared mailboxes together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.people import portal_accounts as store
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.mailboxes import AccountGroup
from lazaretto.web.admin.entries import Listing
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_GROUPS = needs(Area.QUARANTINE, Right.CREATE_GROUPS)
_LISTING = Listing(
    name="account-groups",
    caption=gettext_lazy("Account groups"),
    columns=(
        Column(name="name", title=gettext_lazy("Group"), template="mailbox_people/cell_group.html"),
        Column(name="mailboxes", title=gettext_lazy("Mailboxes")),
        Column(name="members", title=gettext_lazy("Looked after by")),
    ),
    template="mailbox_people/groups.html",
    edit=_GROUPS,
    add="account-group-new",
    add_words=gettext_lazy("Add a group"),
    none=gettext_lazy("There is no account group yet"),
    none_text=gettext_lazy(
        "With a group several people look after the held messages of shared mailboxes, such as info@ or "
        "sales@."
    ),
    icon="users-group",
    whole_tenant=False,
)


def _lines(label: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    help_text = gettext_lazy("One address per line.")
    return forms.CharField(label=label, widget=widget, help_text=help_text, max_length=300_000)


class GroupForm(Form):
    """A group."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    mailboxes = _lines(gettext_lazy("Mailboxes"))
    members = _lines(gettext_lazy("Looked after by"))


@page(
    name="account-groups",
    path="account-groups",
    title=gettext_lazy("Account groups"),
    place=Place.TENANT,
    need=_GROUPS,
    under="portal-accounts",
)
def groups(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the groups."""
    rows = [
        {"id": each.id, "name": each.name, "mailboxes": _some(each.mailboxes), "members": _some(each.members)}
        for each in store.groups(scope)
    ]
    return _LISTING.answer(request, scope, rows)


def _some(addresses: tuple[str, ...]) -> str:
    return ", ".join(addresses[:5]) + (f" … (+{len(addresses) - 5})" if len(addresses) > 5 else "")


@page(
    name="account-group-new",
    path="account-groups/new",
    title=gettext_lazy("Add an account group"),
    place=Place.TENANT,
    need=_GROUPS,
    post=_GROUPS,
    under="portal-accounts",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Make a group."""
    return _edit(request, scope, None)


@page(
    name="account-group",
    path="account-groups/<uuid:id>",
    title=gettext_lazy("Account group"),
    place=Place.TENANT,
    need=_GROUPS,
    post=_GROUPS,
    under="portal-accounts",
)
def group(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show a group and change it."""
    known = _known(scope, id)
    return to_page(request, "account-groups") if known is None else _edit(request, scope, known)


def _known(scope: Scope, identity: UUID) -> AccountGroup | None:
    return next((each for each in store.groups(scope) if each.id == identity), None)


def _edit(request: PageRequest, scope: Scope, known: AccountGroup | None) -> HttpResponse:
    initial = {}
    if known is not None:
        initial = {
            "name": known.name,
            "mailboxes": "\n".join(known.mailboxes),
            "members": "\n".join(known.members),
        }
    form = GroupForm(request.POST or None, initial=initial)
    if known is not None:
        form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if known is None and any(each.name == given["name"].strip() for each in store.groups(scope)):
            form.add_error("name", _("There is such a group already."))
        else:
            try:
                store.put_group(scope, given["name"], given["mailboxes"].split(), given["members"].split())
            except ConfigurationError as failure:
                form.add_error(None, str(failure))
            else:
                flash(request, _("The group is saved."))
                return to_page(request, "account-groups")
    context = {"form": form, "known": known}
    return show(request, "mailbox_people/group.html", context, status=422 if form.errors else 200)


@page(
    name="account-group-remove",
    path="account-groups/<uuid:id>/remove",
    title=gettext_lazy("Remove an account group"),
    place=Place.TENANT,
    need=_GROUPS,
    post=_GROUPS,
    under="portal-accounts",
)
def remove(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Ask, and end a group."""
    known = _known(scope, id)
    if known is None:
        return to_page(request, "account-groups")
    if request.method != "POST":
        question = Confirmation(
            title=_("Remove the group %(name)s?") % {"name": known.name},
            text=_("Its people (%(count)s) do not see the held messages of its mailboxes any more.")
            % {"count": len(known.members)},
            action=_("Remove"),
            back=address_of("account-groups", scope.tenant_name),
        )
        return confirm(request, question)
    store.remove_group(scope, id)
    flash(request, _("The group is removed."))
    return to_page(request, "account-groups")
