"""The list of what rests, and one message of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lazaretto.core.end_users import EndUserRight
from lazaretto.store import own_mail
from lazaretto.store.people.endusers import EndUser
from lazaretto.web.quarantine.pages.mail import words
from lazaretto.web.shell.cards import Anyone, Place, Section, page
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show

PAGE: Final = 25
FRAME_POLICY: Final = "sandbox; default-src 'none'; style-src 'self'; frame-ancestors 'self'"


@page(
    name="own-mail",
    path="",
    title=_("Held messages"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    section=Section.MAIL,
    icon="inbox",
    order=10,
)
def listed(request: PageRequest, user: EndUser) -> HttpResponse:
    """Show what rests for the user, newest first."""
    asked = request.GET.get("q", "").strip()[:100]
    mailbox = request.GET.get("mailbox", "")[:254]
    after = None
    with suppress(ValueError):
        after = UUID(request.GET.get("after", ""))
    own = own_mail.mailboxes(user)
    found = own_mail.copies(user, mailbox=mailbox, words=asked, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    context = {
        "items": [_item(each) for each in shown],
        "mailboxes": own if len(own) > 1 else [],
        "mailbox": mailbox,
        "asked": asked,
        "is_later": after is not None,
        "next": shown[-1].id if len(found) > PAGE else None,
        "may_release": own_mail.may_any(shown, EndUserRight.RELEASE),
        "may_delete": own_mail.may_any(shown, EndUserRight.DELETE),
    }
    return show(request, "mail/list.html", context)


@page(
    name="own-message",
    path="m/<uuid:id>",
    title=_("Held message"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    under="own-mail",
)
def message(request: PageRequest, user: EndUser, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show one message: who sent it, why it is held, what it says, and what can be done."""
    copy = own_mail.copy(user, id)
    preview = own_mail.preview(user, id)[1] if copy.may(EndUserRight.PREVIEW) else None
    context = {
        "item": _item(copy),
        "preview": preview,
        "why": own_mail.reasons(user, id, get_language() or "en"),
        "may": {right.name.lower(): copy.may(right) for right in EndUserRight},
        "advice": words.ADVICE[copy.risk],
    }
    return show(request, "mail/message.html", context)


@page(
    name="own-message-frame",
    path="m/<uuid:id>/frame",
    title=_("What the message says"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
)
def frame(request: PageRequest, user: EndUser, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show what the message says, in a frame where nothing runs and nothing is fetched."""
    preview = own_mail.preview(user, id)[1]
    response = show(request, "mail/frame.html", {"preview": preview})
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _item(copy: own_mail.OwnCopy) -> dict[str, object]:
    return {
        "copy": copy,
        "who": copy.author_name or copy.author or copy.sender or _("unknown sender"),
        "address": copy.author or copy.sender,
        "reason": words.reason(copy.reason),
        "risk": words.RISKS[copy.risk],
        "risk_class": copy.risk.name.lower(),
        "is_sent_otherwise": bool(
            copy.author and copy.sender and _domain(copy.author) != _domain(copy.sender)
        ),
    }


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
