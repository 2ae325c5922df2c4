"""Indicators of compromise: single traits of messages that something is done about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.indicators import IndicatorAction, IndicatorKind
from lazaretto.intelligence.indicator_store import Wish
from lazaretto.intelligence.indicator_table import read_table
from lazaretto.store import indicators as store
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.words_of import label, lazy_label
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 100
_RENEWED_DAYS = 7
_SEE = needs(Area.LISTS, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.LISTS, Right.EDIT)
_KINDS = tuple((each.value, lazy_label(f"ioc.{each.value}")) for each in IndicatorKind)
_ACTIONS = tuple((each.value, lazy_label(f"ioc-action.{each.value}")) for each in IndicatorAction)
_DIRECTIONS = tuple((each, lazy_label(f"choice.{each}")) for each in ("both", "inbound", "outbound"))
_COLUMNS = (
    Column(name="value", title=gettext_lazy("Value"), sorts=True),
    Column(
        name="kind",
        title=gettext_lazy("Trait"),
        sorts=True,
        value=lambda row: label(f"ioc.{row.kind}"),
        hides=True,
    ),
    Column(
        name="action",
        title=gettext_lazy("Action"),
        sorts=True,
        value=lambda row: label(f"ioc-action.{row.action}"),
    ),
    Column(name="owner", title=gettext_lazy("Owner"), sorts=True, hides=True),
    Column(name="reason", title=gettext_lazy("Reason"), sorts=True, hides=True),
    Column(name="expires_at", title=gettext_lazy("Until"), sorts=True),
    Column(name="hits", title=gettext_lazy("Hits"), sorts=True, is_number=True),
    Column(name="last_hit_at", title=gettext_lazy("Last hit"), sorts=True, hides=True),
    Column(name="", title=gettext_lazy("Actions"), template="lists/cell_indicator.html"),
)
_FILTERS = (
    Filter(name="value", title=gettext_lazy("Value")),
    Filter(name="kind", title=gettext_lazy("Trait"), choices=_KINDS),
    Filter(name="action", title=gettext_lazy("Action"), choices=_ACTIONS),
)


@page(
    name="indicators",
    path="indicators",
    title=gettext_lazy("Indicators (IOC)"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.PROTECTION,
    icon="target",
    order=30,
)
def indicators(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the tenant's indicators, newest first."""
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    found = [each for each in store.indicators(scope) if _matches(each, asked)]
    if asked.is_export:
        return csv_response("indicators", _COLUMNS[:-1], ordered(found, _COLUMNS, asked))
    rows, following = page_of(found, _COLUMNS, asked, _A_PAGE)
    may_edit = scope.allows(*_EDIT) and scope.domains.is_all
    table = Table(
        name="indicators",
        caption=_("Indicators"),
        columns=_COLUMNS if may_edit else _COLUMNS[:-1],
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        empty=Empty(
            title=_("There is no indicator"),
            text=_("Block a file, a link or a sender for some days, while an attack lasts."),
            action=_("Add an indicator") if may_edit else "",
            address=address_of("indicator-new", scope.tenant_name) if may_edit else "",
            icon="target",
        ),
    )
    context = {"table": table, "may_edit": may_edit, "now": datetime.now(UTC)}
    return show(request, "lists/indicators.html", context)


def _matches(each: Any, asked: Asked) -> bool:
    return (
        asked.get("value").lower() in each.value.lower()
        and asked.get("kind") in ("", each.kind)
        and asked.get("action") in ("", each.action)
    )


class IndicatorForm(Form):
    """An indicator."""

    kind = forms.ChoiceField(label=gettext_lazy("Trait"), choices=_KINDS)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=1_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    action = forms.ChoiceField(label=gettext_lazy("Action"), choices=_ACTIONS)
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=_DIRECTIONS)
    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=1,
        max_value=30,
        initial=7,
        help_text=gettext_lazy("1 to 30; it can be renewed."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


@page(
    name="indicator-new",
    path="indicators/new",
    title=gettext_lazy("Add an indicator"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="indicators",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add one indicator."""
    form = IndicatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            store.add(scope, [Wish.parse(**form.cleaned_data)])
        except ConfigurationError as failure:
            form.add_error("value", str(failure))
        else:
            flash(request, _("The indicator counts from now on."))
            return to_page(request, "indicators")
    return show(request, "lists/indicator_new.html", {"form": form}, status=422 if form.errors else 200)


class UploadForm(Form):
    """Indicators by file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV with the columns kind, value, action, direction, days, reason."),
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Remove all others"),
        required=False,
        help_text=gettext_lazy("Left out, the file is added to what is there."),
    )


@page(
    name="indicators-upload",
    path="indicators/upload",
    title=gettext_lazy("Upload indicators"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="indicators",
)
def upload(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add the indicators of a file, all or none."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            wishes = read_table(file.read(2_000_000).decode("utf-8-sig", "replace"), file.name)
            numbers = store.add(scope, wishes, replace=form.cleaned_data["replace"])
        except ConfigurationError as failure:
            for line in str(failure).split("\n")[:20]:
                form.add_error("file", line)
        else:
            flash(request, _("%(count)s indicators count from now on.") % {"count": len(numbers)})
            return to_page(request, "indicators")
    return show(request, "lists/indicator_new.html", {"form": form}, status=422 if form.errors else 200)


@page(
    name="indicator-remove",
    path="indicators/<int:number>/remove",
    title=gettext_lazy("Remove an indicator"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="indicators",
)
def remove(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Remove an indicator."""
    if request.method != "POST":
        found = next((each for each in store.indicators(scope) if each.id == number), None)
        question = Confirmation(
            title=_("Remove this indicator?"),
            text=_("%(value)s was found %(hits)s times. Nothing is done about it any more.")
            % {"value": found.value if found else "–", "hits": found.hits if found else 0},
            action=_("Remove"),
            back=address_of("indicators", scope.tenant_name),
        )
        return confirm(request, question)
    store.remove(scope, number)
    flash(request, _("The indicator was removed."))
    return to_page(request, "indicators")


@page(
    name="indicator-renew",
    path="indicators/<int:number>/renew",
    title=gettext_lazy("Renew an indicator"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="indicators",
)
def renew(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Let an indicator count for another week."""
    if request.method == "POST":
        store.renew(scope, number, _RENEWED_DAYS)
        flash(request, _("It counts for another %(days)s days.") % {"days": _RENEWED_DAYS})
    return to_page(request, "indicators")
