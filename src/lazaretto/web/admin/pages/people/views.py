"""Accounts of a tenant, and of the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store.people import commands, invitations, queries
from lazaretto.store.people.commands import Granted
from lazaretto.store.people.models import Account
from lazaretto.store.roles import ROLES
from lazaretto.store.scope import Area, Forbidden, Right, Scope
from lazaretto.web.admin.words_of import label, words
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE: Final = 100
_SEE = needs(Area.PEOPLE, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.PEOPLE, Right.EDIT)
_FILTERS = (Filter(name="email", title=gettext_lazy("Address")),)
_REACHES = (
    ("all", gettext_lazy("all domains")),
    ("only", gettext_lazy("only these")),
    ("except", gettext_lazy("all except these")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """The pages of one place: a tenant's people, or the operator's."""

    place: Place
    list: str
    path: str
    one: str
    title: Any
    section: Section
    order: int

    @property
    def new(self) -> str:
        """The page that adds one."""
        return f"{self.one}-new"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns."""
        template = "people/cell_person.html" if self.place is Place.TENANT else "people/cell_operator.html"
        return (
            Column(name="email", title=gettext_lazy("Address"), sorts=True, template=template),
            Column(name="name", title=gettext_lazy("Name"), sorts=True, hides=True),
            Column(name="role", title=gettext_lazy("Role"), sorts=True),
            Column(name="reach", title=gettext_lazy("Domains"), sorts=True, hides=True),
            Column(name="factor", title=gettext_lazy("Second factor"), sorts=True),
        )


_SETS = (
    _Set(
        place=Place.TENANT,
        list="people",
        path="people",
        one="person",
        title=gettext_lazy("People and roles"),
        section=Section.ORGANISATION,
        order=50,
    ),
    _Set(
        place=Place.PLATFORM,
        list="operators",
        path="people",
        one="operator",
        title=gettext_lazy("Operators"),
        section=Section.PLATFORM,
        order=20,
    ),
)


class GrantForm(Form):
    """What somebody is given."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    reach = forms.ChoiceField(label=gettext_lazy("Domains"), choices=_REACHES, initial="all", required=False)
    domains = forms.CharField(
        label=gettext_lazy("These domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One per line."),
    )

    def __init__(self, *arguments: Any, scope: Scope, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (role.name, f"{label(f'role.{role.name}')}: {words(f'role.{role.name}', role.summary).help}")
            for role in ROLES.values()
            if role.is_operators is (scope.tenant is None) and role.permissions <= scope.permissions
        ]
        if scope.tenant is None:
            del self.fields["reach"], self.fields["domains"]

    @property
    def granted(self) -> Granted:
        """What the form says."""
        reach = self.cleaned_data.get("reach") or "all"
        named = self.cleaned_data.get("domains", "").split() if reach != "all" else []
        return Granted(role=self.cleaned_data["role"], domains=named, domains_are_excepted=reach != "only")


class PersonForm(GrantForm):
    """Somebody new."""

    field_order = ("email", "name", "language", "role", "reach", "domains")

    email = forms.EmailField(label=gettext_lazy("Mail address"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each, label(f"choice.{each}")) for each in commands.LANGUAGES]


def _list_page(pages: _Set) -> Any:
    @page(
        name=pages.list,
        path=pages.path,
        title=pages.title,
        place=pages.place,
        need=_SEE,
        section=pages.section,
        icon="users",
        order=pages.order,
    )
    def people(request: PageRequest, scope: Scope) -> HttpResponseBase:
        """List accounts and what they are granted here."""
        asked = Asked.of(request, pages.columns, _FILTERS)
        found = queries.accounts(scope)
        if asked.get("email"):
            found = found.filter(email__icontains=asked.get("email"))
        everybody = (_row(scope, each) for each in found.iterator(chunk_size=500))
        if asked.is_export:
            return csv_response("people", pages.columns, ordered(everybody, pages.columns, asked))
        rows, following = page_of(everybody, pages.columns, asked, _A_PAGE)
        table = Table(
            name="people",
            caption=pages.title,
            columns=pages.columns,
            rows=rows,
            asked=asked,
            filters=_FILTERS,
            next=following,
            empty=Empty(
                title=_("There is nobody yet"),
                text=_("Invite somebody; they choose their password by a link that is mailed to them."),
                action=_("Invite somebody") if scope.allows(*_EDIT) else "",
                address=address_of(pages.new, scope.tenant_name) if scope.allows(*_EDIT) else "",
                icon="users",
            ),
        )
        context = {"table": table, "new_page": pages.new, "may_edit": scope.allows(*_EDIT)}
        return show(request, "people/list.html", context)

    return people


def _row(scope: Scope, account: Account) -> dict[str, Any]:
    grant = queries.grant_of(scope, account)
    named = ", ".join(grant.domains)
    if not grant.domains and grant.domains_are_excepted:
        reach = str(_REACHES[0][1])
    else:
        reach = _("all except %(domains)s") % {"domains": named} if grant.domains_are_excepted else named
    return {
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "role": label(f"role.{grant.role}") if grant.role else _("own rights"),
        "reach": reach,
        "factor": label(f"choice.{str(account.factors.exists()).lower()}"),
    }


def _new_page(pages: _Set) -> Any:
    @page(
        name=pages.new,
        path=f"{pages.path}/new",
        title=gettext_lazy("Invite somebody"),
        place=pages.place,
        need=_EDIT,
        post=_EDIT,
        under=pages.list,
    )
    def new(request: PageRequest, scope: Scope) -> HttpResponse:
        """Make an account and send its invitation."""
        language = request.caller.account.language
        form = PersonForm(
            request.POST or None, scope=scope, initial={"language": language, "role": "read-only"}
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                account = commands.add_account(
                    scope, given["email"], form.granted, name=given["name"], language=given["language"]
                )
                if not account.has_usable_password():
                    invitations.invite(scope, account)
            except (ConfigurationError, Forbidden) as failure:
                form.add_error(None, str(failure))
            else:
                flash(request, _("%(address)s is invited by mail.") % {"address": account.email})
                return to_page(request, pages.list)
        context = {"form": form, "back": address_of(pages.list, scope.tenant_name)}
        return show(request, "people/new.html", context, status=422 if form.errors else 200)

    return new


def _one_page(pages: _Set) -> Any:
    @page(
        name=pages.one,
        path=f"{pages.path}/<uuid:id>",
        title=gettext_lazy("Account"),
        place=pages.place,
        need=_SEE,
        post=_EDIT,
        under=pages.list,
    )
    def person(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
        """Show one account; take what it is granted from now on."""
        account = queries.account(scope, id)
        grant = queries.grant_of(scope, account)
        everywhere = grant.domains_are_excepted and not grant.domains
        initial = {
            "role": grant.role,
            "reach": "all" if everywhere else "except" if grant.domains_are_excepted else "only",
            "domains": "\n".join(grant.domains),
        }
        form = GrantForm(request.POST or None, scope=scope, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                commands.change_grant(scope, id, form.granted)
            except (ConfigurationError, Forbidden) as failure:
                form.add_error(None, str(failure))
            else:
                flash(request, _("The rights of %(address)s are changed.") % {"address": account.email})
                return to_page(request, pages.list)
        context = {
            "form": form,
            "account": account,
            "row": _row(scope, account),
            "pages": {act: address_of(f"{pages.one}-{act}", scope.tenant_name, id=id) for act in _ACTS},
            "may_edit": scope.allows(*_EDIT),
            "waits": not account.has_usable_password(),
            "back": address_of(pages.list, scope.tenant_name),
        }
        return show(request, "people/person.html", context, status=422 if form.errors else 200)

    return person


def _invite(scope: Scope, account: Account) -> Any:
    invitations.invite(scope, account)
    return _("%(address)s is invited by mail.") % {"address": account.email}


def _take_factors(scope: Scope, account: Account) -> Any:
    invitations.take_factors(scope, account)
    return _("%(address)s chooses a new second factor at the next sign-in.") % {"address": account.email}


def _remove(scope: Scope, account: Account) -> Any:
    commands.remove_account(scope, account.id)
    return _("%(address)s has no rights here any more.") % {"address": account.email}


_ACTS: Final = {
    "invite": (
        _invite,
        gettext_lazy("Send the invitation again?"),
        gettext_lazy("A new link goes to their mail address; it is good for seven days."),
        gettext_lazy("Send it"),
    ),
    "factors": (
        _take_factors,
        gettext_lazy("Reset the second factor?"),
        gettext_lazy("All their second factors and sessions end. Be sure that it is really they who ask."),
        gettext_lazy("Reset it"),
    ),
    "remove": (
        _remove,
        gettext_lazy("Take all rights here away?"),
        gettext_lazy("They cannot see or change anything here any more. They can be invited again."),
        gettext_lazy("Take them away"),
    ),
}


def _act_page(pages: _Set, act: str) -> Any:
    carry_out, title, text, action = _ACTS[act]

    @page(
        name=f"{pages.one}-{act}",
        path=f"{pages.path}/<uuid:id>/{act}",
        title=title,
        place=pages.place,
        need=_EDIT,
        post=_EDIT,
        under=pages.list,
    )
    def view(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
        """Ask, and do it."""
        account = queries.account(scope, id)
        if request.method != "POST":
            question = Confirmation(
                title=f"{account.email}: {title}",
                text=text,
                action=action,
                back=address_of(pages.one, scope.tenant_name, id=id),
                is_harmful=act != "invite",
            )
            return confirm(request, question)
        try:
            said = carry_out(scope, account)
        except (ConfigurationError, Forbidden) as failure:
            flash(request, str(failure), level=Level.DANGER)
            return to_page(request, pages.one, id=id)
        flash(request, said)
        return to_page(request, pages.list)

    return view


for _each in _SETS:
    globals()[f"{_each.list}_list"] = _list_page(_each)
    globals()[f"{_each.list}_new"] = _new_page(_each)
    globals()[f"{_each.list}_one"] = _one_page(_each)
    for _act in _ACTS:
        globals()[f"{_each.list}_{_act}"] = _act_page(_each, _act)
