"""The quarantine: everything that rests, whatever the reason, and how it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.spool.quarantine import QuarantinedCopy, Resting
from lazaretto.store import quarantined, releasing
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.moments import moment
from lazaretto.web.admin.pages.traffic.trace import badge
from lazaretto.web.admin.pages.traffic.words import REASONS, VERDICTS, choices, word
from lazaretto.web.api.pages import cursor_of, parts_of
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.ordering import InOrder, first_in_order
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

PAGE: Final = 50
_EXPORT_PAGE: Final = 500
FILTERS: Final = (
    Filter(name="recipient", title=_("Recipient")),
    Filter(name="sender", title=_("Sender contains")),
    Filter(name="subject", title=_("Subject contains")),
    Filter(name="reason", title=_("Reason"), choices=choices(REASONS)),
    Filter(name="verdict", title=_("Verdict"), choices=choices(VERDICTS)),
    Filter(name="since", title=_("From when"), kind="datetime-local"),
    Filter(name="until", title=_("Until"), kind="datetime-local"),
)
COLUMNS: Final = (
    Column(name="quarantined_at", title=_("Since"), sorts=True),
    Column(name="subject", title=_("Subject"), sorts=True, template="traffic/cell_copy.html"),
    Column(name="sender", title=_("Sender"), sorts=True, value=lambda row: row.sender or "<>"),
    Column(name="recipients", title=_("Recipients"), sorts=True, value=lambda row: ", ".join(row.recipients)),
    Column(name="reason", title=_("Reason"), sorts=True, value=lambda row: word(REASONS, row.reason)),
    Column(
        name="verdict",
        title=_("Verdict"),
        sorts=True,
        order=lambda row: word(VERDICTS, row.verdict or ""),
        value=lambda row: badge(VERDICTS, row.verdict),
        hides=True,
    ),
    Column(name="size", title=_("Size"), sorts=True, is_number=True, hides=True),
    Column(name="expires_at", title=_("Kept until"), sorts=True, hides=True),
)
EXPORT: Final = tuple(
    Column(name=name, title=name, value=value)
    for name, value in (
        ("quarantined_at", None),
        ("id", None),
        ("message", None),
        ("sender", None),
        ("recipients", lambda row: " ".join(row.recipients)),
        ("subject", None),
        ("reason", None),
        ("verdict", None),
        ("size", None),
        ("received_at", None),
        ("expires_at", None),
    )
)


@page(
    name="quarantine",
    path="quarantine",
    title=_("Quarantine"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    section=Section.MAIL,
    icon="inbox",
    order=20,
)
def quarantine(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """Show what rests, latest first."""
    sees_content = scope.allows(Area.QUARANTINE, Right.VIEW_CONTENT)
    filters = [each for each in FILTERS if sees_content or each.name != "subject"]
    asked = Asked.of(request, COLUMNS, filters, sort="-quarantined_at")
    problem, found = "", InOrder([], None, "")
    try:
        wanted = _resting(asked)
        if asked.is_export:
            return csv_response("quarantine", EXPORT, _every(scope, wanted, asked.get("recipient")))
        if asked.sort in ("", "quarantined_at"):
            found = InOrder(*_one_page(scope, wanted, asked), "")
        else:
            found = first_in_order(
                lambda most: quarantined.resting(
                    scope, recipient=asked.get("recipient") or None, asked=wanted, limit=most
                ),
                COLUMNS,
                asked,
                PAGE,
            )
    except ConfigurationError as failure:
        problem = str(failure)
    may_release = scope.allows(Area.QUARANTINE, Right.RELEASE)
    may_delete = scope.allows(Area.QUARANTINE, Right.EDIT)
    table = Table(
        name="copies",
        caption=_("Mail in quarantine"),
        columns=COLUMNS,
        rows=found.rows,
        asked=asked,
        filters=filters,
        next=found.next,
        note=found.note,
        bulk="ids" if may_release or may_delete else "",
        bulk_form="chosen",
        empty=Empty(
            title=_("Nothing is in quarantine"),
            text=_("What your settings keep back appears here and can be released or deleted."),
            icon="shield-check",
        ),
    )
    context = {
        "table": table,
        "problem": problem,
        "may_release": may_release,
        "may_delete": may_delete,
        "open_requests": len(releasing.requests(scope)),
    }
    return show(request, "traffic/quarantine.html", context)


def _resting(asked: Asked) -> Resting:
    return Resting(
        sender=asked.get("sender"),
        subject=asked.get("subject"),
        reason=asked.get("reason"),
        verdict=asked.get("verdict"),
        since=moment(asked.get("since")),
        until=moment(asked.get("until")),
        oldest_first=asked.sort == "quarantined_at" and not asked.descends,
    )


def _one_page(scope: Scope, wanted: Resting, asked: Asked) -> tuple[list[QuarantinedCopy], str | None]:
    (after,) = parts_of(asked.cursor, tuple[UUID]) if asked.cursor else (None,)
    found = quarantined.resting(
        scope, recipient=asked.get("recipient") or None, asked=wanted, after=after, limit=PAGE + 1
    )
    return found[:PAGE], cursor_of(str(found[PAGE - 1].id)) if len(found) > PAGE else None


def _every(scope: Scope, wanted: Resting, recipient: str) -> Iterator[Any]:
    after = None
    while True:
        found = quarantined.resting(
            scope, recipient=recipient or None, asked=wanted, after=after, limit=_EXPORT_PAGE
        )
        yield from found
        if len(found) < _EXPORT_PAGE:
            return
        after = found[-1].id


@page(
    name="quarantine-results",
    path="quarantine/results",
    title=_("What became of the copies"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    under="quarantine",
)
def results(request: PageRequest, scope: Scope) -> HttpResponse:
    """Show what the last order came to, copy by copy."""
    kept = request.session.get("quarantine_results") or {}
    mine = kept.get("rows", []) if kept.get("tenant") == scope.tenant_name else []
    return show(request, "traffic/results.html", {"rows": mine})
