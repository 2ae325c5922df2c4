"""Groups of people, with settings of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.store import drafts
from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.levels import Group, says_something
from lazaretto.tenants.placing import UNSAID
from lazaretto.web.admin.entries import Listing, placed, take_out
from lazaretto.web.admin.words_of import label
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ADDRESSES, Right.EDIT)
_LISTING = Listing(
    name="groups",
    caption=gettext_lazy("Groups"),
    columns=(
        Column(name="name", title=gettext_lazy("Group"), template="addresses/cell_group.html"),
        Column(name="description", title=gettext_lazy("Description"), hides=True),
        Column(name="members", title=gettext_lazy("Members"), is_number=True),
        Column(name="order", title=gettext_lazy("Order"), is_number=True, hides=True),
        Column(name="own", title=gettext_lazy("Own settings")),
    ),
    template="addresses/groups.html",
    edit=_EDIT,
    add="group-new",
    add_words=gettext_lazy("Add a group"),
    none=gettext_lazy("There is no group yet"),
    none_text=gettext_lazy("A group gives some of your people settings of their own."),
    icon="users-group",
)


@page(
    name="groups",
    path="groups",
    title=gettext_lazy("Groups"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.ORGANISATION,
    icon="users-group",
    order=40,
)
def groups(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the groups."""
    document = drafts.edited(scope).document
    rows = [
        {
            "name": name,
            "description": group.description,
            "members": len(group.members),
            "order": group.order,
            "own": label("choice.true") if says_something(group.settings) else "",
        }
        for name, group in document.groups.items()
        if is_within(scope, document, group.members)
    ]
    return _LISTING.answer(request, scope, rows)


class GroupForm(Form):
    """A group."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Lower-case letters, digits, “.”, “_” and “-”."),
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=200, required=False)
    order = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=10_000,
        initial=100,
        help_text=gettext_lazy("Of several groups of a person the lowest one speaks first."),
    )
    members = forms.CharField(
        label=gettext_lazy("Members"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy("One address per line."),
    )


def _known(scope: Scope, name: str) -> Group | None:
    """Return the group called ``name``; None where there is none all of whose members the scope reaches."""
    document = drafts.edited(scope).document
    group = document.groups.get(name)
    return group if group is not None and is_within(scope, document, group.members) else None


@page(
    name="group-new",
    path="groups/new",
    title=gettext_lazy("Add a group"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="groups",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add a group to the draft."""
    return _edit(request, scope, {"order": 100})


@page(
    name="group",
    path="groups/<str:name>",
    title=gettext_lazy("Group"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="groups",
)
def group(request: PageRequest, scope: Scope, name: str) -> HttpResponse:
    """Change a group in the draft."""
    known = _known(scope, name)
    if known is None:
        return to_page(request, "groups")
    initial = {
        "name": name,
        "description": known.description,
        "order": known.order,
        "members": "\n".join(known.members),
    }
    return _edit(request, scope, initial, name)


def _edit(request: PageRequest, scope: Scope, initial: dict[str, Any], known: str = "") -> HttpResponse:
    form = GroupForm(request.POST or None, initial=initial)
    if known:
        # Settings and people refer to a group by its name.
        form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        name = known or given["name"].strip()
        values: dict[tuple[str, ...], Any] = {
            ("groups", name, "members"): given["members"].split() or UNSAID,
            ("groups", name, "description"): given["description"] or UNSAID,
            ("groups", name, "order"): str(given["order"]) if given["order"] != 100 else UNSAID,
        }
        if not known and name in drafts.edited(scope).document.groups:
            form.add_error("name", _("There is such a group already."))
        elif placed(scope, form, values):
            return to_page(request, "changes")
    context = {"form": form, "known": known, "may_edit": _LISTING.may_edit(scope)}
    return show(request, "addresses/group.html", context, status=422 if form.errors else 200)


@page(
    name="group-remove",
    path="groups/<str:name>/remove",
    title=gettext_lazy("Remove a group"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="groups",
)
def remove(request: PageRequest, scope: Scope, name: str) -> HttpResponse:
    """Take a group out of the draft."""
    group = _known(scope, name)
    if group is None:
        return to_page(request, "groups")
    question = Confirmation(
        title=_("Remove the group %(name)s?") % {"name": name},
        text=_(
            "Its %(count)s people stay; they get the settings of their domain once the change is published. "
            "It can be undone."
        )
        % {"count": len(group.members)},
        action=_("Remove"),
        back=address_of("group", scope.tenant_name, name=name),
    )
    return take_out(request, scope, question, {("groups", name): UNSAID})
