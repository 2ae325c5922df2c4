"""The queue: what waits for us or for others, in rows and figures, and what may be ordered about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.spool.selection import Selection
from lazaretto.store import queueing
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.moments import moment
from lazaretto.web.admin.pages.traffic.words import DIRECTIONS, word
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
MOST: Final = 10_000
"""Rows that are put in order; who has more waiting filters first."""
_KINDS: Final[Mapping[str, Any]] = {
    "scan": _("Waits to be checked"),
    "deliver": _("Waits for the next hop"),
    "hold": _("On hold"),
    "bounce": _("Is returned to its sender"),
}
FILTERS: Final = (
    Filter(name="domain", title=_("Domain of sender or recipient")),
    Filter(name="destination", title=_("Destination")),
    Filter(name="reason", title=_("Last answer contains")),
    Filter(name="held", title=_("On hold"), choices=(("yes", _("Yes")), ("no", _("No")))),
)
COLUMNS: Final = (
    Column(name="received_at", title=_("Received"), sorts=True),
    Column(name="sender", title=_("Sender"), template="traffic/cell_waiting.html", sorts=True),
    Column(
        name="recipients", title=_("Recipients"), sorts=True, value=lambda row: ", ".join(row.recipients[:5])
    ),
    Column(name="destination", title=_("Destination"), sorts=True),
    Column(name="kind", title=_("State"), sorts=True, value=lambda row: word(_KINDS, row.kind.value)),
    Column(name="failures", title=_("Attempts"), is_number=True, sorts=True),
    Column(name="next_at", title=_("Next try"), sorts=True),
    Column(name="last_reply", title=_("Last answer"), sorts=True, hides=True),
    Column(
        name="direction",
        title=_("Direction"),
        value=lambda row: word(DIRECTIONS, row.direction.value),
        hides=True,
    ),
    Column(name="expires_at", title=_("Given up at"), sorts=True, hides=True),
)
_ORDERS: Final[Mapping[str, tuple[Any, Any, Any]]] = {
    "retry": (_("Try again now"), _("The messages are tried at once, ahead of their time."), "primary"),
    "hold": (
        _("Put on hold"),
        _("The messages are kept back until you let them go, or they expire."),
        "primary",
    ),
    "release": (_("Let go"), _("Messages on hold are tried at once."), "primary"),
    "reroute": (
        _("Send elsewhere"),
        _("The messages go to the hosts of another domain of yours; their recipients stay as they are."),
        "primary",
    ),
    "delete": (
        _("Delete"),
        _("The messages are deleted; neither senders nor recipients are told. This cannot be undone."),
        "danger",
    ),
    "bounce": (
        _("Return to sender"),
        _("The messages are given up and their senders are told. This cannot be undone."),
        "danger",
    ),
}


@page(
    name="queue",
    path="queue",
    title=_("Queue"),
    place=Place.TENANT,
    need=needs(Area.QUEUE, Right.VIEW_STATISTICS),
    section=Section.MAIL,
    icon="server",
    order=30,
)
def queue(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what waits, next due first."""
    asked = Asked.of(request, COLUMNS, FILTERS, sort="next_at")
    held = asked.get("held")
    selection = Selection(
        domain=asked.get("domain").lower(),
        destination=asked.get("destination").lower(),
        reason=asked.get("reason"),
        held=None if not held else held == "yes",
    )
    rows = queueing.waiting(scope, selection, limit=MOST)
    if asked.is_export:
        exported = [Column(name="id", title=_("Our number")), *COLUMNS]
        return csv_response(
            "queue",
            [Column(name=each.name, title=each.title, value=each.value) for each in exported],
            ordered(rows, COLUMNS, asked),
        )
    problem = ""
    try:
        shown, following = page_of(rows, COLUMNS, asked, PAGE)
    except ConfigurationError as failure:
        shown, following, problem = [], None, str(failure)
    may_order = scope.allows(Area.QUEUE, Right.EDIT) and scope.domains.is_all
    table = Table(
        name="waiting",
        caption=_("Waiting mail"),
        columns=COLUMNS,
        rows=shown,
        asked=asked,
        filters=FILTERS,
        next=following,
        bulk="ids" if may_order else "",
        bulk_form="chosen",
        empty=Empty(title=_("Nothing waits"), text=_("All mail has gone out."), icon="circle-check"),
    )
    context = {
        "table": table,
        "problem": problem,
        "may_order": may_order,
        "orders": [(name, title, kind) for name, (title, _text, kind) in _ORDERS.items()],
    }
    return show(request, "traffic/queue.html", context)


_FIGURE_FILTERS: Final = (Filter(name="domain", title=_("Domain")),)


@page(
    name="queue-figures",
    path="queue/figures",
    title=_("The queue in figures"),
    place=Place.TENANT,
    need=needs(Area.QUEUE, Right.VIEW_STATISTICS),
    under="queue",
)
def figures(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show six figures in all and twelve of each domain."""
    counted = queueing.figures(scope)
    columns = (
        Column(name="domain", title=_("Domain"), sorts=True),
        *(
            Column(name=name, title=title, is_number=True, sorts=True)
            for name, title in (
                ("ReceiveQueueCountInbound", _("To check, inbound")),
                ("LongestTimeInReceiveQueueInbound", _("longest (s)")),
                ("MeanTimeInReceiveQueueInbound", _("mean (s)")),
                ("ReceiveQueueCountOutbound", _("To check, outbound")),
                ("LongestTimeInReceiveQueueOutbound", _("longest (s)")),
                ("MeanTimeInReceiveQueueOutbound", _("mean (s)")),
                ("DeliveryQueueCountInbound", _("To deliver, inbound")),
                ("LongestTimeInDeliveryQueueInbound", _("longest (s)")),
                ("MeanTimeInDeliveryQueueInbound", _("mean (s)")),
                ("DeliveryQueueCountOutbound", _("To deliver, outbound")),
                ("LongestTimeInDeliveryQueueOutbound", _("longest (s)")),
                ("MeanTimeInDeliveryQueueOutbound", _("mean (s)")),
            )
        ),
    )
    asked = Asked.of(request, columns, _FIGURE_FILTERS, sort="domain")
    every = [
        {"domain": name, **each}
        for name, each in counted.domains.items()
        if asked.get("domain").lower() in name
    ]
    rows = ordered(every, columns, asked)
    if asked.is_export:
        return csv_response("queue-figures", columns, rows)
    shown, following = page_of(rows, columns, asked, PAGE)
    totals = counted.totals
    tiles = [
        (title, totals.get(name, 0))
        for name, title in (
            ("TotalMessagesInbound", _("Waiting, inbound")),
            ("MeanTimeInQueueInbound", _("Mean time, inbound (s)")),
            ("LongestTimeInInbound", _("Longest time, inbound (s)")),
            ("TotalMessagesOutbound", _("Waiting, outbound")),
            ("MeanTimeInQueueOutbound", _("Mean time, outbound (s)")),
            ("LongestTimeInOutbound", _("Longest time, outbound (s)")),
        )
    ]
    table = Table(
        name="figures",
        caption=_("The queue by domain"),
        columns=columns,
        rows=shown,
        asked=asked,
        filters=_FIGURE_FILTERS,
        next=following,
        empty=Empty(title=_("Nothing waits"), text=_("All mail has gone out."), icon="circle-check"),
    )
    return show(request, "traffic/queue_figures.html", {"table": table, "tiles": tiles if totals else ()})


class OrderForm(Form):
    """What an order still needs to know."""

    until = forms.CharField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("Left empty, they are kept until somebody lets them go."),
    )
    destination = forms.ChoiceField(label=_("Hosts of the domain"), required=False)

    def __init__(self, order: str, domains: Sequence[str], *arguments: Any) -> None:
        super().__init__(*arguments)
        if order != "hold":
            del self.fields["until"]
        if order != "reroute":
            del self.fields["destination"]
        else:
            self.fields["destination"].choices = [(name, name) for name in domains]  # type: ignore[attr-defined]

    def clean_until(self) -> datetime | None:
        """Return a moment that is still to come."""
        try:
            until = moment(self.cleaned_data["until"])
        except ConfigurationError as failure:
            raise forms.ValidationError(str(failure)) from failure
        if until is not None and until <= datetime.now(UTC):
            raise forms.ValidationError(gettext("That moment is over."))
        return until


@page(
    name="queue-order",
    path="queue/orders/<str:order>",
    title=_("Order about waiting mail"),
    place=Place.TENANT,
    need=needs(Area.QUEUE, Right.EDIT),
    post=needs(Area.QUEUE, Right.EDIT),
    under="queue",
)
def ordering(request: PageRequest, scope: Scope, order: str) -> HttpResponse:
    """Ask before an order about chosen messages; then give it."""
    if order not in _ORDERS:
        raise ScopeError("there is no such order")
    ids = _chosen(request)
    domains = queueing.destinations(scope) if order == "reroute" else ()
    form = OrderForm(order, domains, *([request.POST] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        try:
            count = _give(scope, order, Selection(ids=ids), form)
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            words = ngettext(
                "The order was given for %(count)d copy.", "The order was given for %(count)d copies.", count
            ) % {"count": count}
            flash(request, words, level=Level.SUCCESS if count else Level.INFO)
            return to_page(request, "queue")
    title, text, kind = _ORDERS[order]
    context = {"title": title, "text": text, "kind": kind, "form": form, "ids": ids, "count": len(ids)}
    return show(request, "traffic/queue_order.html", context)


def _give(scope: Scope, order: str, selection: Selection, form: OrderForm) -> int:
    match order:
        case "retry":
            return queueing.retry(scope, selection)
        case "bounce":
            return queueing.bounce(scope, selection)
        case "delete":
            return queueing.delete(scope, selection)
        case "release":
            return queueing.release(scope, selection)
        case "reroute":
            return queueing.reroute(scope, selection, form.cleaned_data["destination"])
    return queueing.hold(scope, selection, form.cleaned_data["until"])


def _chosen(request: PageRequest) -> tuple[UUID, ...]:
    given = request.POST.getlist("ids") or request.GET.getlist("ids")
    try:
        ids = tuple(dict.fromkeys(UUID(text) for text in given[:PAGE]))
    except ValueError as failure:
        raise ScopeError("there is no such message") from failure
    if not ids:
        raise ScopeError("nothing was chosen")
    return ids
