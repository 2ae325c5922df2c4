"""One message: what it was, what was found and why, what became of each copy, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.journal.trace import TracedMessage
from lazaretto.store import explaining, quarantined, traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.trace import address_with, badge
from lazaretto.web.admin.pages.traffic.words import (
    DIRECTIONS,
    DISPOSITIONS,
    EVENTS,
    PLACES,
    REASONS,
    RESULTS,
    VERDICTS,
    word,
)
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show

ACTIONS: Final[Mapping[str, Any]] = {
    "tag-subject": _("A tag before the subject"),
    "banner": _("A banner added"),
    "strip-attachments": _("Attachments taken out"),
    "add-banner": _("A warning banner added"),
    "add-header": _("A header field added"),
    "disclaimer": _("A disclaimer added"),
    "compress-attachments": _("Attachments compressed"),
    "redirect": _("Redirected"),
    "copy-to": _("A copy sent besides"),
    "notify": _("Somebody told"),
    "ours": _("A field that pretends to come from us taken out"),
}
_PARTS: Final[Mapping[str, Any]] = {
    "text/plain": _("Plain text"),
    "text/html": _("Formatted text (HTML)"),
    "text": _("Text"),
    "file": _("Attachment"),
}
_GOES_OUT: Final = ("deliver", "redirect")
OWN_FIELDS: Final = "Authentication-Results, X-Lazaretto-Verdict, X-Lazaretto-Score, X-Lazaretto-Reasons"
"""Added to all incoming mail that is passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of the time line."""

    at: datetime
    title: Any
    details: tuple[tuple[Any, Any], ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one recipient's copy."""

    address: str
    place: Any
    disposition: Any
    attempts: int
    reply: str
    host: str
    changes: tuple[Any, ...]
    """What the delivered message has that the received one had not."""
    differences: tuple[Mapping[str, Any], ...]
    """Each of them as it was and as it is, as far as it was recorded and may be seen."""
    is_passed_on: bool
    """It goes out, changed or not."""
    settings: tuple[str, ...]


@page(
    name="message",
    path="messages/<uuid:id>",
    title=_("Message"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    under="trace",
)
def message(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show everything that is known of one message."""
    story = traffic.message(scope, id)
    looks = explaining.explain(scope, id, get_language() or "en")
    received = next((each for each in story.events if each["event"] in ("received", "refused")), {})
    look = next((each for each in story.events if each["event"] == "scanned"), {})
    facts = look.get("facts") or {}
    may_see_quarantine = scope.allows(Area.QUARANTINE, Right.VIEW_STATISTICS)
    resting = quarantined.of_message(scope, id) if may_see_quarantine else []
    sender = story.sender or ""
    context = {
        "story": story,
        "title": story.subject or gettext("Message"),
        "verdict": badge(VERDICTS, story.verdict),
        "convicted": _convicted(story),
        "header": list(_header(story, received, look)),
        "fates": [_fate(story, each, look) for each in story.recipients],
        "lines": [(line.strip(), line.startswith("  ")) for each in looks for line in each.words],
        "authentication": list(_authentication(facts)),
        "intelligence": list(_intelligence(scope, sender, facts)),
        "steps": [_step(each) for each in story.events],
        "files": facts.get("files") or [{"name": name} for name in look.get("attachments") or ()],
        "hosts": facts.get("hosts") or (),
        "own_fields": OWN_FIELDS if story.direction == "inbound" else "",
        "sees_content": scope.allows(Area.TRACE, Right.VIEW_CONTENT),
        "version": int(look.get("version") or 0),
        "version_in_force": traffic.version_in_force(scope),
        "rules": [(name, value) for name, value in (look.get("versions") or {}).items()],
        "resting": [each for each in resting if each.ended_as is None],
        "may_release": scope.allows(Area.QUARANTINE, Right.RELEASE),
        "may_list": bool(sender) and scope.allows(Area.LISTS, Right.EDIT) and scope.domains.is_all,
        "may_report": scope.allows(Area.LISTS, Right.EDIT) and story.direction == "inbound",
        "sender_address": address_with(request.tenant_name, sender=sender) if sender else "",
        "reference": received.get("reference") or look.get("reference") or "",
        "reasons": REASONS,
    }
    return show(request, "traffic/message.html", context)


def _convicted(story: TracedMessage) -> Mapping[str, Any] | None:
    """Return when a message that was not malware at first was found to be; None for others."""
    if story.verdict == "malware":
        return None
    event = next((each for each in story.events if each["event"] == "convicted"), None)
    if event is None:
        return None
    late = bool((event.get("lazaretto") or {}).get("late"))
    return {"at": event["time"], "is_delivered": late, "badge": badge(VERDICTS, "malware")}


def _header(
    story: TracedMessage, received: Mapping[str, Any], look: Mapping[str, Any]
) -> Iterator[tuple[Any, Any]]:
    client = received.get("client") or {}
    facts = look.get("facts") or {}
    yield _("Received"), story.received_at
    yield _("Direction"), word(DIRECTIONS, story.direction)
    yield _("Sender (envelope)"), story.sender or "<>"
    yield _("Sender (From field)"), look.get("author") or ", ".join(facts.get("authors") or ())
    yield _("Message-ID"), story.message_id
    yield _("Our number"), story.id
    yield _("Size"), gettext("{octets} octets").format(octets=story.size) if story.size else ""
    yield _("Sent by"), " ".join(filter(None, (client.get("hostname"), client.get("ip"))))
    yield _("Introduced itself as"), client.get("helo")
    yield _("Encrypted on the way to us"), _tls(client)
    yield _("What the sender’s server was told"), story.reply


def _fate(story: TracedMessage, recipient: Any, look: Mapping[str, Any]) -> Fate:
    copies = [
        each
        for each in look.get("copies") or ()
        if recipient.address in each.get("recipients", ()) and not each.get("additional")
    ]
    last = recipient.attempts[-1] if recipient.attempts else {}
    return Fate(
        address=recipient.address,
        place=badge(PLACES, recipient.place),
        disposition=word(DISPOSITIONS, recipient.disposition),
        attempts=len(recipient.attempts),
        reply=str(last.get("reply") or ""),
        host=" ".join(filter(None, (last.get("host"), last.get("ip")))),
        changes=tuple(word(ACTIONS, str(each)) for copy in copies for each in copy.get("actions") or ()),
        differences=tuple(_difference(each) for copy in copies for each in copy.get("changed") or ()),
        is_passed_on=any(copy.get("disposition") in _GOES_OUT for copy in copies),
        settings=tuple(
            str(each.get("setting") or each.get("rule"))
            for copy in copies
            for each in copy.get("settings") or ()
        ),
    )


def _difference(told: Mapping[str, Any]) -> Mapping[str, Any]:
    part, name = str(told.get("part") or ""), str(told.get("name") or "")
    what = name if part == "header" else word(_PARTS, name if name in _PARTS else part)
    cause = word(ACTIONS, str(told.get("action") or "ours"))
    return {"what": what, "cause": cause, "before": told.get("before"), "after": told.get("after")}


def _authentication(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    spf, dmarc, arc = (facts.get(name) or {} for name in ("spf", "dmarc", "arc"))
    if spf:
        yield "SPF", word(RESULTS, spf.get("result")), spf.get("domain") or ""
    for each in facts.get("dkim") or ():
        named = " ".join(filter(None, (each.get("domain"), each.get("selector"))))
        yield "DKIM", word(RESULTS, each.get("result")), named
    if dmarc:
        policy = dmarc.get("policy")
        named = f"{dmarc.get('domain') or ''} {f'p={policy}' if policy else ''}".strip()
        yield "DMARC", word(RESULTS, dmarc.get("result")), named
    if arc and arc.get("result") not in (None, "none"):
        yield "ARC", word(RESULTS, arc.get("result")), " ".join(arc.get("sealers") or ())


def _intelligence(scope: Scope, sender: str, facts: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    for each in facts.get("listings") or ():
        named = each.get("zone") or each.get("list") or ""
        yield _("On a block list"), named
    if not sender:
        return
    history = traffic.of_sender(scope, sender)
    shown = ", ".join(f"{word(VERDICTS, verdict)}: {count}" for verdict, count in history.verdicts.items())
    yield _("Last messages of this sender"), shown or _("None but this one")
    if history.first_at is not None:
        yield _("First of them"), history.first_at


def _step(event: Mapping[str, Any]) -> Step:
    return Step(
        at=event["time"],
        title=word(EVENTS, event["event"]),
        details=tuple((title, value) for title, value in _details(event) if value not in (None, "", [])),
        recipients=tuple(event["recipients"]),
    )


def _details(event: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    if event["event"] == "scanned":
        yield _("Verdict"), word(VERDICTS, event.get("verdict"))
        timings = event.get("timings") or {}
        yield _("CPU time"), ", ".join(f"{name} {value} ms" for name, value in timings.items())
    yield _("Attempt"), event.get("attempt")
    yield _("Host"), " ".join(filter(None, (event.get("host"), event.get("ip"))))
    if event["event"] in ("delivered", "deferred", "bounced"):
        yield _("Encrypted"), _tls(event)
    yield _("Answer"), event.get("reply")
    yield _("Next try"), _moment(event.get("next_at"))
    yield _("Reason"), word(REASONS, event.get("reason"))
    yield _("Kept until"), _moment(event.get("expires_at"))
    yield _("By"), event.get("by")
    yield _("Approved by"), event.get("approved_by")
    yield _("Why"), event.get("why")
    yield _("Second look"), word(VERDICTS, event.get("second_look"))
    yield _("Sent to"), event.get("to") if event["event"] in ("released", "requested") else None


def _tls(told: Mapping[str, Any]) -> Any:
    tls = told.get("tls")
    if not tls:
        return _("No")
    return " ".join(filter(None, (tls.get("protocol"), tls.get("cipher"))))


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
