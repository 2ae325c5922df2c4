"""Mail that was refused, with the code that its senders were told, and what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.journal.pleas import Decision
from lazaretto.journal.search import Place as Position
from lazaretto.journal.trace import TracedMessage
from lazaretto.store import refused as store
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.moments import moment
from lazaretto.web.admin.pages.traffic.trace import badge
from lazaretto.web.admin.pages.traffic.words import VERDICTS, choices, word
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.ordering import InOrder, first_in_order
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
_EXPORT_PAGE: Final = 500
FILTERS: Final = (
    Filter(name="code", title=_("Code that the sender was told")),
    Filter(name="sender", title=_("Sender (envelope)")),
    Filter(name="recipient", title=_("Recipient")),
    Filter(name="client_ip", title=_("IP address or network")),
    Filter(name="verdict", title=_("Verdict"), choices=choices(VERDICTS)),
    Filter(name="since", title=_("From when"), kind="datetime-local"),
    Filter(name="until", title=_("Until"), kind="datetime-local"),
)


def _refusal(message: TracedMessage) -> dict[str, Any]:
    return next((each for each in message.events if each["event"] == "refused"), {})


COLUMNS: Final = (
    Column(name="received_at", title=_("Time"), sorts=True),
    Column(name="sender", title=_("Sender"), sorts=True, template="traffic/cell_refused.html"),
    Column(
        name="recipients",
        title=_("Recipients"),
        value=lambda row: ", ".join(each.address for each in row.recipients[:3]),
    ),
    Column(
        name="verdict",
        title=_("Verdict"),
        sorts=True,
        order=lambda row: word(VERDICTS, row.verdict or ""),
        value=lambda row: badge(VERDICTS, row.verdict),
    ),
    Column(
        name="reply",
        title=_("What the sender’s server was told"),
        sorts=True,
        value=lambda row: row.reply or "",
    ),
    Column(name="code", title=_("Code"), sorts=True, value=lambda row: _refusal(row).get("reference") or ""),
    Column(
        name="reason",
        title=_("Reason"),
        value=lambda row: _refusal(row).get("reason") or "",
        hides=True,
    ),
)
_PLEA_COLUMNS: Final = (
    Column(name="asked_at", title=_("Asked")),
    Column(name="sender", title=_("Sender"), template="traffic/cell_plea.html"),
    Column(name="reference", title=_("Code")),
    Column(name="times", title=_("Times"), is_number=True),
    Column(name="decision", title=_("Decision"), template="traffic/cell_decision.html"),
)


@page(
    name="refused",
    path="refused",
    title=_("Refused mail"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    section=Section.MAIL,
    icon="mail-x",
    order=40,
)
def refused(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what was refused, latest first, and what refused senders ask for."""
    asked = Asked.of(request, COLUMNS, FILTERS, sort="-received_at")
    problem, shown = "", InOrder([], None, "")
    try:
        wanted, oldest_first = _asked(asked), asked.sort == "received_at" and not asked.descends
        if asked.is_export:
            exported = [Column(name=each.name, title=each.title, value=each.value) for each in COLUMNS]
            return csv_response("refused", exported, _every(scope, wanted, oldest_first))
        if asked.get("code"):
            shown = InOrder(store.messages_with(scope, asked.get("code")), None, "")
        elif asked.sort in ("", "received_at"):
            shown = _one_page(scope, wanted, asked, oldest_first)
        else:
            shown = first_in_order(
                lambda most: traffic.messages(scope, wanted, limit=most), COLUMNS, asked, PAGE
            )
    except ConfigurationError as failure:
        problem = str(failure)
    table = Table(
        name="refused",
        caption=_("Refused mail"),
        columns=COLUMNS,
        rows=shown.rows,
        asked=asked,
        filters=FILTERS,
        next=shown.next,
        note=shown.note,
        empty=Empty(
            title=_("Nothing was refused"),
            text=_("What is refused while its sender’s server waits is listed here with its code."),
            icon="shield-check",
        ),
    )
    sees_pleas = scope.allows(Area.LISTS, Right.VIEW_CONFIGURATION) and scope.domains.is_all
    context = {
        "table": table,
        "problem": problem,
        "pleas": _pleas(scope) if sees_pleas else None,
    }
    return show(request, "traffic/refused.html", context)


def _one_page(scope: Scope, wanted: traffic.Asked, asked: Asked, oldest_first: bool) -> InOrder:
    after = Position(*parts_of(asked.cursor, tuple[datetime, UUID])) if asked.cursor else None
    rows = traffic.messages(scope, wanted, after=after, limit=PAGE + 1, oldest_first=oldest_first)
    if len(rows) <= PAGE:
        return InOrder(rows, None, "")
    last = rows[PAGE - 1]
    return InOrder(rows[:PAGE], cursor_of(last.received_at.isoformat(), last.id), "")


def _every(scope: Scope, wanted: traffic.Asked, oldest_first: bool) -> Iterator[TracedMessage]:
    after = None
    while True:
        found = traffic.messages(scope, wanted, after=after, limit=_EXPORT_PAGE, oldest_first=oldest_first)
        yield from found
        if len(found) < _EXPORT_PAGE:
            return
        after = Position(found[-1].received_at, UUID(found[-1].id))


def _asked(asked: Asked) -> traffic.Asked:
    return traffic.Asked(
        place="refused",
        sender=asked.get("sender") or None,
        recipient=asked.get("recipient") or None,
        client_ip=traffic.checked_network(asked.get("client_ip")),
        verdict=asked.get("verdict") or None,
        since=moment(asked.get("since")),
        until=moment(asked.get("until")),
    )


def _pleas(scope: Scope) -> Table:
    rows = [
        {
            "id": each.id,
            "asked_at": each.asked_at,
            "sender": each.sender,
            "reference": each.reference,
            "times": each.times,
            "decision": each.decision,
            "decided_by": each.decided_by,
            "message": each.message,
            "proposal": each.proposal,
            "may_decide": scope.allows(Area.LISTS, Right.EDIT)
            and each.decision is None
            and each.proposal is None,
        }
        for each in store.pleas(scope)
    ]
    nothing = Asked(filters={}, sort="", descends=False, cursor="", is_export=False)
    return Table(
        name="pleas",
        caption=_("Senders who ask to be let in"),
        columns=_PLEA_COLUMNS,
        rows=rows,
        asked=nothing,
        exports=False,
        empty=Empty(
            title=_("Nobody asks"),
            text=_("A refused sender can ask with the code that our refusal gives them."),
            icon="message",
        ),
    )


@page(
    name="plea",
    path="refused/pleas/<int:number>/<str:decision>",
    title=_("Decide about a sender"),
    place=Place.TENANT,
    need=needs(Area.LISTS, Right.EDIT),
    post=needs(Area.LISTS, Right.EDIT),
    under="refused",
)
def plea(request: PageRequest, scope: Scope, number: int, decision: str) -> HttpResponse:
    """Ask before a refused sender is let in or not; then decide."""
    if decision not in ("grant", "decline"):
        raise ScopeError("there is no such decision")
    found = store.plea(scope, number)
    grants = decision == "grant"
    if request.method == "POST":
        try:
            done = store.decide(scope, number, Decision.GRANTED if grants else Decision.DECLINED)
        except ConfigurationError as failure:
            flash(request, str(failure), level=Level.DANGER)
        else:
            if done.proposal is None:
                flash(request, gettext("It is decided."))
            else:
                flash(request, gettext("It is proposed: a second person must approve it."), level=Level.INFO)
        return to_page(request, "refused")
    text = (
        gettext("Mail of {sender} is accepted for seven days, unless it is malware or phishing.")
        if grants
        else gettext("Mail of {sender} is judged as before; the sender is not told.")
    )
    return confirm(
        request,
        Confirmation(
            title=_("Let the sender in?") if grants else _("Leave it refused?"),
            text=text.format(sender=found.sender),
            action=_("Allow for seven days") if grants else _("Decline"),
            back=address_of("refused", request.tenant_name),
            is_harmful=False,
        ),
    )
