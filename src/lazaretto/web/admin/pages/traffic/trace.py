"""Track and Trace: finding messages by whatever people know of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.journal.search import Place as Position
from lazaretto.journal.trace import TracedMessage
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.trace_rows import EXPORTED, export_rows
from lazaretto.web.admin.pages.traffic.moments import moment
from lazaretto.web.admin.pages.traffic.words import (
    COLOURS,
    DIRECTIONS,
    DISPOSITIONS,
    PLACES,
    VERDICTS,
    choices,
    word,
)
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.ordering import InOrder, first_in_order
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
_EXPORT_PAGE: Final = 500

MAIN: Final = (
    Filter(name="since", title=_("From when"), kind="datetime-local"),
    Filter(name="until", title=_("Until"), kind="datetime-local"),
    Filter(name="sender", title=_("Sender (envelope)")),
    Filter(name="recipient", title=_("Recipient")),
    Filter(name="subject", title=_("Subject contains")),
    Filter(name="verdict", title=_("Verdict"), choices=choices(VERDICTS)),
    Filter(name="place", title=_("Status"), choices=choices(PLACES)),
)
MORE: Final = (
    Filter(name="direction", title=_("Direction"), choices=choices(DIRECTIONS)),
    Filter(name="domain", title=_("Your domain")),
    Filter(name="author", title=_("Sender (From field)")),
    Filter(name="message_id", title=_("Message-ID")),
    Filter(name="id", title=_("Our number")),
    Filter(name="client_ip", title=_("IP address or network")),
    Filter(name="client_name", title=_("Host name of the sender’s server")),
    Filter(name="attachment", title=_("Attachment’s name or .ending")),
    Filter(name="sha256", title=_("SHA-256 of a file")),
    Filter(name="host", title=_("Web address or host in the message")),
    Filter(name="symbol", title=_("Reason (symbol)")),
    Filter(name="policy", title=_("Rule or setting")),
    Filter(name="disposition", title=_("Action"), choices=choices(DISPOSITIONS)),
    Filter(name="remote", title=_("Next hop")),
    Filter(name="scanned", title=_("Checked"), choices=(("yes", _("Yes")), ("no", _("No")))),
)
FILTERS: Final = (*MAIN, *MORE)
CONTENT: Final = ("subject", "attachment", "sha256", "host")
"""Filters that would tell what a message says."""


def _people(message: TracedMessage) -> str:
    shown = [each.address for each in message.recipients[:3]]
    more = len(message.recipients) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more > 0 else "")


def badge(words: Any, name: str | None) -> Any:
    """Return a word with its colour; the word says all, the colour helps."""
    if not name:
        return ""
    return format_html(
        '<span class="badge mail-{}">{}</span>', COLOURS.get(name, "secondary"), word(words, name)
    )


def places(message: TracedMessage) -> Any:
    """Return where the message's copies are, each place once."""
    found = dict.fromkeys(each.place for each in message.recipients if each.place)
    return format_html_join(" ", "{}", ((badge(PLACES, each),) for each in found))


def _where(message: TracedMessage) -> str:
    return ", ".join(sorted({str(word(PLACES, each.place)) for each in message.recipients if each.place}))


COLUMNS: Final = (
    Column(name="received_at", title=_("Time"), sorts=True),
    Column(name="subject", title=_("Subject"), sorts=True, template="traffic/cell_message.html"),
    # Before the addresses, which may be long: what became of a message is seen without scrolling.
    Column(name="places", title=_("Status"), sorts=True, order=_where, value=places),
    Column(
        name="verdict",
        title=_("Verdict"),
        sorts=True,
        order=lambda row: word(VERDICTS, row.verdict or ""),
        value=lambda row: badge(VERDICTS, row.verdict),
    ),
    Column(name="sender", title=_("Sender"), sorts=True, value=lambda row: row.sender or "<>"),
    Column(name="recipients", title=_("Recipients"), sorts=True, value=_people),
    Column(
        name="direction",
        title=_("Direction"),
        sorts=True,
        value=lambda row: word(DIRECTIONS, row.direction),
        hides=True,
    ),
    Column(name="size", title=_("Size"), sorts=True, is_number=True, hides=True),
)
EXPORT: Final = tuple(Column(name=name, title=name) for name in EXPORTED)


@page(
    name="trace",
    path="messages",
    title=_("Track and Trace"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    section=Section.MAIL,
    icon="list-search",
    order=10,
)
def trace(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show the messages that are asked for, latest first."""
    asked = Asked.of(request, COLUMNS, FILTERS, sort="-received_at")
    problem, found = "", InOrder([], None, "")
    sees_content = scope.allows(Area.TRACE, Right.VIEW_CONTENT)
    try:
        wanted, oldest_first = asked_of(asked), asked.sort == "received_at" and not asked.descends
        if asked.is_export:
            return csv_response("messages", EXPORT, _exported(scope, wanted, oldest_first))
        if asked.get("id"):
            found = InOrder([traffic.message(scope, _number(asked.get("id")))], None, "")
        elif asked.sort in ("", "received_at"):
            found = InOrder(*_one_page(scope, wanted, asked, oldest_first), "")
        else:
            found = first_in_order(
                lambda most: traffic.messages(scope, wanted, limit=most), COLUMNS, asked, PAGE
            )
    except ConfigurationError as failure:
        problem = str(failure)
    table = Table(
        name="messages",
        caption=_("Messages"),
        columns=COLUMNS,
        rows=found.rows,
        asked=asked,
        next=found.next,
        note=found.note,
        empty=Empty(
            title=_("No mail yet"),
            text=_("Messages are here some seconds after they were received, and stay for 30 days."),
        ),
    )
    values = {each.name: asked.get(each.name) for each in FILTERS}
    shown = [each for each in MORE if sees_content or each.name not in CONTENT]
    context = {
        "table": table,
        "main": [(each, values[each.name]) for each in MAIN if sees_content or each.name not in CONTENT],
        "more": [(each, values[each.name]) for each in shown],
        "more_is_open": any(values[each.name] for each in shown),
        "problem": problem,
        "sees_content": sees_content,
    }
    return show(request, "traffic/trace.html", context)


def address_with(tenant: str, **filters: str) -> str:
    """Return where the trace shows what ``filters`` find."""
    from urllib.parse import urlencode

    return f"{address_of('trace', tenant)}?{urlencode({key: each for key, each in filters.items() if each})}"


def asked_of(asked: Asked) -> traffic.Asked:
    """Return what the filters ask for.  Raises ``ConfigurationError`` for what cannot be meant."""
    scanned = asked.get("scanned")
    return traffic.Asked(
        message_id=asked.get("message_id") or None,
        recipient=asked.get("recipient") or None,
        sender="" if asked.get("sender") == "<>" else asked.get("sender") or None,
        author=asked.get("author") or None,
        subject=asked.get("subject") or None,
        client_ip=traffic.checked_network(asked.get("client_ip")),
        client_name=asked.get("client_name") or None,
        attachment=asked.get("attachment") or None,
        sha256=asked.get("sha256") or None,
        host=asked.get("host") or None,
        verdict=asked.get("verdict") or None,
        scanned=None if not scanned else scanned == "yes",
        symbol=asked.get("symbol") or None,
        policy=asked.get("policy") or None,
        direction=asked.get("direction") or None,
        place=asked.get("place") or None,
        disposition=asked.get("disposition") or None,
        remote=asked.get("remote") or None,
        domain=asked.get("domain").lower() or None,
        since=moment(asked.get("since")),
        until=moment(asked.get("until")),
    )


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as failure:
        raise ConfigurationError(gettext("“{text}” is none of our numbers.").format(text=text)) from failure


def _one_page(
    scope: Scope, wanted: traffic.Asked, asked: Asked, oldest_first: bool
) -> tuple[list[TracedMessage], str | None]:
    after = Position(*parts_of(asked.cursor, tuple[datetime, UUID])) if asked.cursor else None
    found = traffic.messages(scope, wanted, after=after, limit=PAGE + 1, oldest_first=oldest_first)
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1]
    return found[:PAGE], cursor_of(last.received_at.isoformat(), last.id)


def _exported(scope: Scope, wanted: traffic.Asked, oldest_first: bool) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        found = traffic.messages(scope, wanted, after=after, limit=_EXPORT_PAGE, oldest_first=oldest_first)
        for message in found:
            yield from export_rows(message)
        if len(found) < _EXPORT_PAGE:
            return
        after = Position(found[-1].received_at, UUID(found[-1].id))
