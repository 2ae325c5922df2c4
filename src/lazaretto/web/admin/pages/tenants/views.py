"""All tenants, and making one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.cards import Option
from lazaretto.core.errors import ConfigurationError, LazarettoError
from lazaretto.store import drafts, tenancy
from lazaretto.store.people import commands, invitations
from lazaretto.store.people.commands import LANGUAGES, Granted
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.choices import Formula
from lazaretto.tenants.document import export_document
from lazaretto.tenants.placing import WrongSettings, document_of
from lazaretto.tenants.services.contract import Contract
from lazaretto.web.admin.words_of import choice
from lazaretto.web.api.pages import cursor_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of, start_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE: Final = 50
_SEE = needs(Area.TENANTS, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.TENANTS, Right.EDIT)
_COLUMNS = (
    Column(name="name", title=gettext_lazy("Tenant"), sorts=True, template="tenants/cell_tenant.html"),
    Column(name="formula", title=gettext_lazy("Formula"), sorts=True),
    Column(name="options", title=gettext_lazy("Options"), sorts=True, hides=True),
    Column(name="domains", title=gettext_lazy("Domains"), sorts=True, hides=True),
    Column(name="mailboxes", title=gettext_lazy("Mailboxes"), sorts=True, is_number=True, hides=True),
    Column(name="state", title=gettext_lazy("State"), sorts=True, template="tenants/cell_state.html"),
)
_FILTERS = (Filter(name="name", title=gettext_lazy("Tenant or domain")),)


@page(
    name="tenants",
    path="tenants",
    title=gettext_lazy("Tenants"),
    place=Place.PLATFORM,
    need=_SEE,
    section=Section.PLATFORM,
    icon="buildings",
    order=10,
)
def tenants(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the tenants, and find one by its name or one of its domains."""
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    names = _found(request, asked.get("name").lower())
    if asked.is_export:
        return csv_response(
            "tenants", _COLUMNS, ordered((_row(request, name) for name in names), _COLUMNS, asked)
        )
    rows, following = _one_page(request, names, asked)
    may_edit = scope.allows(*_EDIT)
    table = Table(
        name="tenants",
        caption=_("Tenants"),
        columns=_COLUMNS,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        empty=Empty(
            title=_("There is no tenant yet"),
            text=_("A tenant is a customer with its own domains, people and settings."),
            action=_("Make a tenant") if may_edit else "",
            address=address_of("tenant-new") if may_edit else "",
            icon="buildings",
        ),
    )
    return show(request, "tenants/list.html", {"table": table, "may_edit": may_edit})


def _one_page(
    request: PageRequest, names: Sequence[str], asked: Asked
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the rows of one page; by name only those are read that are shown."""
    if asked.sort not in ("", "name"):
        return page_of((_row(request, name) for name in names), _COLUMNS, asked, _A_PAGE)
    start = start_of(asked)
    found = sorted(names, reverse=asked.descends)
    following = cursor_of(start + _A_PAGE) if len(found) > start + _A_PAGE else None
    return [_row(request, name) for name in found[start : start + _A_PAGE]], following


def _found(request: PageRequest, text: str) -> list[str]:
    names = tenancy.visible_names(request.caller)
    if not text:
        return names
    owner = tenancy.owner_of(text) if "." in text else None
    return [name for name in names if text in name or name == owner]


def _row(request: PageRequest, name: str) -> dict[str, Any]:
    document = drafts.parsed(tenancy.whole(request.caller.in_tenant(name)).text)
    contract = Contract.of(document)
    shown = list(document.domains)
    return {
        "name": name,
        "formula": choice(contract.formula.value),
        "options": ", ".join(choice(each.value) for each in contract.options),
        "domains": ", ".join(shown[:3]) + (f" (+{len(shown) - 3})" if len(shown) > 3 else ""),
        "mailboxes": contract.mailboxes or len(document.addresses),
        "state": "suspended" if document.suspended else "active",
    }


class TenantForm(Form):
    """An order."""

    tenant = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Lower-case letters, digits, “.”, “_” and “-”; it stays for ever."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    domains = forms.CharField(
        label=gettext_lazy("Mail domains"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One per line; ordered ones need no proof."),
    )
    servers = forms.CharField(
        label=gettext_lazy("Mail servers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Where their mail is delivered to, one per line, such as mail.customer.example:25."
        ),
    )
    administrator = forms.EmailField(
        label=gettext_lazy("First administrator"),
        required=False,
        help_text=gettext_lazy(
            "Is invited by mail: with Reactive Care as administrator, with Full Care read-only."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    formula = forms.ChoiceField(label=gettext_lazy("Formula"))
    options = forms.MultipleChoiceField(
        label=gettext_lazy("Options"), required=False, widget=forms.CheckboxSelectMultiple
    )
    mailboxes = forms.IntegerField(label=gettext_lazy("Mailboxes"), min_value=0, initial=0)
    ordered = forms.IntegerField(label=gettext_lazy("Ordered domains"), min_value=1, initial=5)
    activate = forms.BooleanField(
        label=gettext_lazy("Activate today"),
        required=False,
        initial=True,
        help_text=gettext_lazy("From then on the default disclaimer applies."),
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        kinds: tuple[tuple[str, list[str]], ...] = (
            ("language", list(LANGUAGES)),
            ("formula", [each.value for each in Formula]),
            ("options", [each.value for each in Option]),
        )
        for name, values in kinds:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(each, choice(each)) for each in values]

    @property
    def tree(self) -> dict[str, Any]:
        """The first document."""
        given = self.cleaned_data
        routes = [_server(line) for line in given["servers"].split()]
        domain = {"routes": routes} if routes else {}
        contract = {
            "formula": given["formula"],
            "options": list(given["options"]),
            "mailboxes": str(given["mailboxes"]),
            "domains": str(given["ordered"]),
        }
        if given["activate"]:
            contract["activated"] = datetime.now(UTC).date().isoformat()
        tree: dict[str, Any] = {
            "tenant": given["tenant"].strip(),
            "domains": dict.fromkeys(given["domains"].split(), domain),
            "language": given["language"],
            "contract": contract,
        }
        if given["administrator"]:
            tree["administrators"] = [given["administrator"]]
        return tree


def _server(text: str) -> dict[str, str]:
    host, colon, port = text.rpartition(":")
    return {"host": host, "port": port} if colon and port.isdigit() else {"host": text}


@page(
    name="tenant-new",
    path="tenants/new",
    title=gettext_lazy("Make a tenant"),
    place=Place.PLATFORM,
    need=_EDIT,
    post=_EDIT,
    under="tenants",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Make a tenant of an order, and invite its first administrator."""
    form = TenantForm(request.POST or None, initial={"options": [each.value for each in Option]})
    if request.method == "POST" and form.is_valid():
        try:
            applied = tenancy.add_tenant(scope, export_document(document_of(form.tree)))
        except WrongSettings as wrong:
            for path, problem in wrong.by_path.items():
                name = path[1] if path[:1] == ("contract",) and len(path) > 1 else path[0] if path else ""
                form.add_error(name if name in form.fields else None, problem)
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            flash(request, _("The tenant %(name)s is there.") % {"name": applied.name})
            _invite(request, applied.name, form)
            return to_page(request, "tenants")
    return show(request, "tenants/new.html", {"form": form}, status=422 if form.errors else 200)


def _invite(request: PageRequest, name: str, form: TenantForm) -> None:
    address = form.cleaned_data["administrator"]
    if not address:
        return
    is_full_care = form.cleaned_data["formula"] == Formula.FULL_CARE.value
    scope = request.caller.in_tenant(name)
    try:
        granted = Granted(role="read-only" if is_full_care else "tenant-administrator")
        account = commands.add_account(scope, address, granted, language=form.cleaned_data["language"])
        if not account.has_usable_password():
            invitations.invite(scope, account)
    except LazarettoError as failure:
        flash(request, str(failure), level=Level.WARNING)
    else:
        flash(request, _("%(address)s is invited by mail.") % {"address": account.email})
