"""One copy in quarantine: what is known of it, and a look at it that cannot hurt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ScopeError
from lazaretto.journal.audit_wanted import Wanted
from lazaretto.mail.preview import PREVIEW_POLICY
from lazaretto.store import auditing, quarantine_content, quarantined
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.words import OUTCOMES, REASONS, VERDICTS, word
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

_LOOKED: Final = "looked_at"
_SHOWN_FOR: Final = timedelta(minutes=15)


@page(
    name="quarantine-copy",
    path="quarantine/<uuid:id>",
    title=_("Message in quarantine"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    post=needs(Area.QUARANTINE, Right.VIEW_CONTENT),
    under="quarantine",
)
def copy(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show one copy; POST shows the message itself as well, which the audit records."""
    found = quarantined.copy(scope, id)
    if request.method == "POST":
        quarantine_content.note_look(scope, id)
        request.session[_LOOKED] = {"copy": str(id), "at": datetime.now(UTC).isoformat()}
        return to_page(request, "quarantine-copy", id=id)
    shown = quarantine_content.content(scope, id) if _has_looked(request, id) else None
    may_audit = scope.allows(Area.AUDIT, Right.VIEW_STATISTICS) and scope.domains.is_all
    looks = Wanted(act=quarantine_content.LOOK, about=str(id))
    facts = (
        (_("Sender"), found.sender or "<>"),
        (_("Recipients"), ", ".join(found.recipients)),
        (_("Reason"), word(REASONS, found.reason)),
        (_("Verdict"), word(VERDICTS, found.verdict)),
        (_("Received"), found.received_at),
        (_("In quarantine since"), found.quarantined_at),
        (_("Kept until"), found.expires_at),
        (_("Message-ID"), found.message_id),
    )
    context = {
        "copy": found,
        "title": found.subject or gettext("Message in quarantine"),
        "facts": facts,
        "is_resting": found.ended_as is None,
        "ended": word(OUTCOMES, found.ended_as),
        "may_release": scope.allows(Area.QUARANTINE, Right.RELEASE),
        "may_delete": scope.allows(Area.QUARANTINE, Right.EDIT),
        "may_look": scope.allows(Area.QUARANTINE, Right.VIEW_CONTENT),
        "preview": shown.preview if shown else None,
        "header": shown.header if shown else "",
        "is_gone": shown is None and _has_looked(request, id),
        "looked": auditing.found(scope, looks, limit=20) if may_audit else (),
    }
    return show(request, "traffic/copy.html", context)


@page(
    name="quarantine-frame",
    path="quarantine/<uuid:id>/frame",
    title=_("Preview of the message"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.VIEW_CONTENT),
    under="quarantine",
)
def frame(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show the message alone, in a document that may do nothing, to who had it shown a moment ago."""
    shown = quarantine_content.content(scope, id) if _has_looked(request, id) else None
    if shown is None:
        raise ScopeError("there is no such preview")
    answer = show(request, "traffic/frame.html", {"preview": shown.preview})
    answer.headers["Content-Security-Policy"] = PREVIEW_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _has_looked(request: PageRequest, id: UUID) -> bool:  # noqa: A002 - the path's own word
    looked = request.session.get(_LOOKED) or {}
    if looked.get("copy") != str(id):
        return False
    return datetime.now(UTC) - datetime.fromisoformat(looked["at"]) < _SHOWN_FOR
