"""The validation list: searched, changed, uploaded after a dry run, downloaded."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import address_lists, drafts, tenancy
from lazaretto.store import addresses as store
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.address_csv import Mode
from lazaretto.tenants.placing import WrongSettings
from lazaretto.web.admin.entries import draft_bar
from lazaretto.web.admin.pages.services.publishing import tell_done
from lazaretto.web.admin.words_of import choice
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 100
_MOST_OCTETS = 30_000_000
_SEE = needs(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ADDRESSES, Right.EDIT)
_COLUMNS = (
    Column(name="address", title=gettext_lazy("Address"), sorts=True),
    Column(name="alias_of", title=gettext_lazy("Alias of"), sorts=True),
)
_FILTERS = (
    Filter(name="address", title=gettext_lazy("Address")),
    Filter(name="domain", title=gettext_lazy("Domain")),
)


@page(
    name="addresses",
    path="addresses",
    title=gettext_lazy("Addresses"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.ORGANISATION,
    icon="at",
    order=30,
)
def addresses(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the registered addresses."""
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    document = drafts.parsed(tenancy.whole(scope).text)
    found = [each for each in address_lists.registered(scope, document) if _matches(each.address, asked)]
    if asked.is_export:
        return csv_response("addresses", _COLUMNS, ordered(found, _COLUMNS, asked))
    rows, following = page_of(found, _COLUMNS, asked, _A_PAGE)
    may_edit = scope.allows(*_EDIT)
    table = Table(
        name="addresses",
        caption=_("Addresses"),
        columns=_COLUMNS,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        bulk="addresses" if may_edit else "",
        bulk_form="remove-addresses",
        row_id=lambda each: each.address,
        empty=Empty(
            title=_("No address is registered yet"),
            text=_("Upload the list of all addresses; mail to others is refused."),
            action=_("Upload a list") if may_edit else "",
            address=address_of("addresses-upload", scope.tenant_name) if may_edit else "",
            icon="at",
        ),
    )
    context = {
        **draft_bar(scope),
        "table": table,
        "may_edit": may_edit,
        "count": len(document.addresses) + len(document.aliases),
        "registration": choice(document.address_registration.value),
    }
    return show(request, "addresses/list.html", context)


class AddressForm(Form):
    """An address to register."""

    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=320, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    alias_of = forms.CharField(
        label=gettext_lazy("Alias of"),
        max_length=320,
        required=False,
        help_text=gettext_lazy(
            "The registered address whose mailbox it shares; empty = a mailbox of its own."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@page(
    name="address-new",
    path="addresses/new",
    title=gettext_lazy("Register an address"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="addresses",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Register one address, at once."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            done = address_lists.add(scope, given["address"].strip(), given["alias_of"].strip())
        except ConfigurationError as failure:
            form.add_error("address", str(failure))
        else:
            text = _("%(address)s is registered.") % {"address": given["address"]}
            tell_done(request, scope, done, text)
            return to_page(request, "addresses")
    return show(request, "addresses/new.html", {"form": form}, status=422 if form.errors else 200)


@page(
    name="addresses-remove",
    path="addresses/remove",
    title=gettext_lazy("Remove addresses"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="addresses",
)
def remove(request: PageRequest, scope: Scope) -> HttpResponse:
    """Remove the chosen addresses, after a question."""
    chosen = request.POST.getlist("addresses")[:1_000]
    if not chosen:
        if request.method == "POST":
            flash(request, _("Choose at least one address first."), level=Level.WARNING)
        return to_page(request, "addresses")
    if request.POST.get("sure") != "yes":
        shown = ", ".join(chosen[:5]) + (" …" if len(chosen) > 5 else "")
        question = Confirmation(
            title=_("Remove %(count)s addresses?") % {"count": len(chosen)},
            text=_("Mail to them is refused from now on: %(addresses)s") % {"addresses": shown},
            action=_("Remove"),
            back=address_of("addresses", scope.tenant_name),
            hidden={"addresses": chosen, "sure": "yes"},
        )
        return confirm(request, question)
    try:
        done = address_lists.remove(scope, chosen)
    except ConfigurationError as failure:
        flash(request, str(failure), level=Level.DANGER)
    else:
        tell_done(request, scope, done, _("%(count)s addresses were removed.") % {"count": len(chosen)})
    return to_page(request, "addresses")


class UploadForm(Form):
    """A table of addresses."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV: one address in a line, and after a comma whose alias it is."),
    )
    text = forms.CharField(
        label=gettext_lazy("Or as text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Addresses that are not in the file"),
        choices=(("merge", gettext_lazy("stay")), ("replace", gettext_lazy("go"))),
        initial="merge",
    )

    def clean(self) -> dict[str, Any]:
        """Take the file where there is one."""
        values = super().clean() or {}
        file = values.get("file")
        if file is not None:
            if file.size > _MOST_OCTETS:
                raise forms.ValidationError(_("The file is too large."))
            values["text"] = file.read().decode("utf-8-sig", "replace")
        if not (values.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a file or write a text."))
        return values


@page(
    name="addresses-upload",
    path="addresses/upload",
    title=gettext_lazy("Upload addresses"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="addresses",
)
def upload(request: PageRequest, scope: Scope) -> HttpResponse:
    """Count what a file would change; taken, it becomes part of the draft."""
    form = UploadForm(request.POST or None, request.FILES or None)
    planned = None
    if request.method == "POST" and form.is_valid():
        mode = Mode(form.cleaned_data["mode"])
        try:
            planned = address_lists.plan(drafts.edited(scope).document, form.cleaned_data["text"], mode)
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        if planned is not None and request.POST.get("take") == "yes":
            problem = _take(request, scope, planned)
            if not problem:
                return to_page(request, "changes")
            form.add_error(None, problem)
    context = {
        "form": form,
        "plan": planned,
        "text": form.cleaned_data.get("text", "") if planned else "",
        "mode": form.cleaned_data.get("mode", "") if planned else "",
        "removed": planned.removed[:20] if planned else (),
        "added": planned.added[:20] if planned else (),
    }
    return show(request, "addresses/upload.html", context, status=422 if form.errors else 200)


def _take(request: PageRequest, scope: Scope, planned: address_lists.Plan) -> str:
    if planned.is_large_removal and request.POST.get("meant") != "yes":
        count = len(planned.removed)
        asked = ngettext(
            "One address would go; say that this is meant.",
            "%(count)s addresses would go; say that this is meant.",
            count,
        )
        return asked % {"count": count}
    try:
        drafts.place(scope, planned.values)
    except WrongSettings as wrong:
        return " ".join(list(wrong.by_path.values())[:10])
    return ""


_MOST_LEARNED: Final = 100_000
_LEARNED = (
    Column(name="address", title=gettext_lazy("Address"), sorts=True),
    Column(name="messages", title=gettext_lazy("Messages"), sorts=True, is_number=True),
    Column(name="first_seen", title=gettext_lazy("First seen"), sorts=True, hides=True),
    Column(name="last_seen", title=gettext_lazy("Last seen"), sorts=True),
)


@page(
    name="addresses-learned",
    path="addresses/learned",
    title=gettext_lazy("Learned addresses"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="addresses",
)
def learned(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List addresses that outgoing mail taught; POST registers or forgets the chosen ones."""
    if request.method == "POST":
        return _decide(request, scope)
    asked = Asked.of(request, _LEARNED, _FILTERS)
    if not scope.domains.is_all:
        raise ScopeError("there is no such page")
    found = [each for each in store.learned(scope, limit=_MOST_LEARNED) if _matches(each.address, asked)]
    if asked.is_export:
        return csv_response("learned-addresses", _LEARNED, ordered(found, _LEARNED, asked))
    rows, following = page_of(found, _LEARNED, asked, _A_PAGE)
    may_edit = scope.allows(*_EDIT)
    table = Table(
        name="learned",
        caption=_("Learned addresses"),
        columns=_LEARNED,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        bulk="addresses" if may_edit else "",
        bulk_form="decide-learned",
        row_id=lambda each: each.address,
        empty=Empty(
            title=_("Nothing was learned that is not registered"),
            text=_("While registration learns, addresses that send mail through the platform appear here."),
            icon="at",
        ),
    )
    return show(request, "addresses/learned.html", {"table": table, "may_edit": may_edit})


def _matches(address: str, asked: Asked) -> bool:
    text, domain = asked.get("address").lower(), asked.get("domain").lower()
    return text in address.lower() and address.endswith(f"@{domain}" if domain else "")


def _decide(request: PageRequest, scope: Scope) -> HttpResponse:
    chosen = request.POST.getlist("addresses")[:1_000]
    if chosen and request.POST.get("decision") == "adopt":
        try:
            done = store.adopt(scope, chosen)
        except ConfigurationError as failure:
            flash(request, str(failure), level=Level.DANGER)
        else:
            flash(request, _("%(count)s addresses are registered now.") % {"count": done.counts.added})
    elif chosen and request.POST.get("decision") == "dismiss":
        count = store.dismiss(scope, chosen)
        flash(request, _("%(count)s addresses were forgotten.") % {"count": count})
    else:
        flash(request, _("Choose at least one address, and what shall become of it."), level=Level.WARNING)
    return to_page(request, "addresses-learned")
