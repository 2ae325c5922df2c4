"""Approved and blocked senders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import backtests, listed
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.services.publishing import DAYS, effect_of, tell_done
from lazaretto.web.admin.words_of import label, lazy_label
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 100
_SEE = needs(Area.LISTS, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.LISTS, Right.EDIT)
_LISTS = tuple((name, lazy_label(f"list.{name}")) for name in listed.LISTS)
_COLUMNS = (
    Column(name="entry", title=gettext_lazy("Sender"), sorts=True, template="lists/cell_entry.html"),
    Column(name="list", title=gettext_lazy("List"), value=lambda row: label(f"list.{row.list}"), sorts=True),
    Column(name="owner", title=gettext_lazy("Owner"), hides=True),
    Column(name="reason", title=gettext_lazy("Reason"), hides=True),
    Column(name="expires", title=gettext_lazy("Until"), sorts=True),
    Column(name="hits", title=gettext_lazy("Hits"), is_number=True, sorts=True),
    Column(name="last_used", title=gettext_lazy("Last used"), sorts=True, hides=True),
    Column(name="", title=gettext_lazy("Actions"), template="lists/cell_remove.html"),
)
_FILTERS = (
    Filter(name="entry", title=gettext_lazy("Sender")),
    Filter(name="list", title=gettext_lazy("List"), choices=_LISTS),
    Filter(name="owner", title=gettext_lazy("Owner")),
)


@page(
    name="senders",
    path="senders",
    title=gettext_lazy("Approved and blocked senders"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.PROTECTION,
    icon="list-check",
    order=20,
)
def senders(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the entries of both lists."""
    asked = Asked.of(request, _COLUMNS, _FILTERS, sort="entry")
    found = [each for each in listed.entries(scope) if _matches(each, asked)]
    found.sort(key=lambda each: _order(each, asked.sort or "entry"), reverse=asked.descends)
    if asked.is_export:
        return csv_response("senders", _COLUMNS[:-1], found)
    (skipped,) = parts_of(asked.cursor, tuple[int]) if asked.cursor else (0,)
    rows = found[skipped : skipped + _A_PAGE]
    more = len(found) > skipped + _A_PAGE
    may_edit = scope.allows(*_EDIT) and scope.domains.is_all
    table = Table(
        name="senders",
        caption=_("Approved and blocked senders"),
        columns=_COLUMNS if may_edit else _COLUMNS[:-1],
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=cursor_of(skipped + _A_PAGE) if more else None,
        empty=Empty(
            title=_("Nobody is approved or blocked"),
            text=_("Block a sender whose mail nobody wants; approve one whose mail is caught by mistake."),
            action=_("Add a sender") if may_edit else "",
            address=address_of("sender-new", scope.tenant_name) if may_edit else "",
            icon="list-check",
        ),
    )
    return show(request, "lists/senders.html", {"table": table, "may_edit": may_edit})


def _matches(each: listed.Listed, asked: Asked) -> bool:
    return (
        asked.get("entry").lower() in each.entry
        and asked.get("list") in ("", each.list)
        and asked.get("owner").lower() in each.owner.lower()
    )


def _order(each: listed.Listed, name: str) -> Any:
    if name == "expires":
        return (each.expires is None, each.expires or date.max, each.entry)
    if name == "last_used":
        return (each.last_used or datetime.min.replace(tzinfo=UTC), each.entry)
    return (getattr(each, name), each.entry)


class SenderForm(Form):
    """A sender to approve or block."""

    list = forms.ChoiceField(label=gettext_lazy("List"), choices=_LISTS, initial="blocked")
    entry = forms.CharField(
        label=gettext_lazy("Sender"),
        max_length=320,
        help_text=gettext_lazy(
            "A mail address, a domain with all below it, an IP address or a network such as 192.0.2.0/24."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For colleagues who ask later whether it is still needed."),
    )
    owner = forms.CharField(
        label=gettext_lazy("Owner"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Who wanted it; left empty, you."),
    )
    expires = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day on which it counts; left empty, until it is removed."),
    )
    unproven = forms.BooleanField(
        label=gettext_lazy("Approve it even where nothing proves the sender"),
        required=False,
        help_text=gettext_lazy("Anybody can forge such an address. Only for approved senders."),
    )
    shadow = forms.BooleanField(
        label=gettext_lazy("Only on trial"),
        required=False,
        help_text=gettext_lazy("What it would change is recorded, and nothing is done."),
    )


@page(
    name="sender-new",
    path="senders/new",
    title=gettext_lazy("Add a sender"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="senders",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add an entry; it is in force at once, and can be undone."""
    given = request.GET
    initial = {key: given[key] for key in ("list", "entry", "reason") if key in given}
    form = SenderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        wanted = {key: values[key] for key in ("entry", "reason", "owner") if values[key]}
        if values["expires"]:
            wanted["expires"] = values["expires"].isoformat()
        if values["unproven"] and values["list"] == "approved":
            wanted["unproven"] = "true"
        if values["shadow"]:
            wanted["shadow"] = "true"
        try:
            done = listed.add(scope, values["list"], wanted)
        except ConfigurationError as failure:
            form.add_error("entry", str(failure))
        else:
            text = _("%(sender)s is on the list, in force now.") % {"sender": values["entry"]}
            tell_done(request, scope, done, text)
            return to_page(request, "senders")
    return show(request, "lists/sender_new.html", {"form": form}, status=422 if form.errors else 200)


@page(
    name="sender-remove",
    path="senders/<str:which>/remove",
    title=gettext_lazy("Remove a sender"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="senders",
)
def remove(request: PageRequest, scope: Scope, which: str) -> HttpResponse:
    """Show what passed or was stopped only thanks to an entry, and remove it."""
    entry = (request.POST or request.GET).get("entry", "")
    if not entry:
        return to_page(request, "senders")
    text = listed.text_without(scope, which, entry)
    may_try = scope.allows(Area.TRACE, Right.VIEW_STATISTICS)
    if request.method == "POST" and request.POST.get("try") == "yes" and may_try:
        run = backtests.begin(scope, text, days=DAYS)
        state = {"entry": entry, "which": which, "run": run.id.hex}
        request.session["blast_radius"] = state
        return to_page(request, "sender-effect", id=run.id)
    if request.method == "POST":
        try:
            done = listed.remove(scope, which, entry)
        except ConfigurationError as failure:
            flash(request, str(failure), level=Level.DANGER)
        else:
            tell_done(request, scope, done, _("%(sender)s is off the list.") % {"sender": entry})
        return to_page(request, "senders")
    context = {
        "entry": entry,
        "which": which,
        "list": label(f"list.{which}"),
        "days": DAYS,
        "may_try": may_try,
        **effect_of(scope, text),
    }
    return show(request, "lists/sender_remove.html", context)
