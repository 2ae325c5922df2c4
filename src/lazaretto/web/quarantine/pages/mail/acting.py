"""Doing something about held messages: asked once more before harm, and done only by sending a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ScopeError
from lazaretto.store import own_mail, own_settings
from lazaretto.store.own_settings import ListName
from lazaretto.store.people.endusers import EndUser
from lazaretto.web.shell.cards import Anyone, Place, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import to_page

MOST: Final = 100
"""Messages of one form."""
Ids = Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something to do about messages."""

    do: Callable[[EndUser, Ids, HttpRequest], str]
    """Do it and return in words what was done."""
    asks: Callable[[EndUser, Ids], Confirmation | None] = lambda _user, _ids: None
    """What is asked first; None = nothing."""


def _release(user: EndUser, ids: Ids, _request: HttpRequest) -> str:
    count = own_mail.release(user, ids)
    return ngettext(
        "%(count)d message is on its way to your mailbox.",
        "%(count)d messages are on their way to your mailbox.",
        count,
    ) % {"count": count}


def _wanted(user: EndUser, ids: Ids, _request: HttpRequest) -> str:
    for identity in ids:
        own_mail.report_wanted(user, identity)
    count = own_mail.release(user, ids)
    return ngettext(
        "%(count)d message is on its way to your mailbox. Thank you: your report is being looked at.",
        "%(count)d messages are on their way to your mailbox. Thank you: your reports are being looked at.",
        count,
    ) % {"count": count}


def _request_release(user: EndUser, ids: Ids, request: HttpRequest) -> str:
    own_mail.request_release(user, ids, request.POST.get("why", "").strip())
    return gettext("Your administrators were asked. You get their decision by mail.")


def _delete(user: EndUser, ids: Ids, _request: HttpRequest) -> str:
    count = own_mail.delete(user, ids)
    return ngettext("%(count)d message was deleted.", "%(count)d messages were deleted.", count) % {
        "count": count
    }


def _allow(user: EndUser, ids: Ids, _request: HttpRequest) -> str:
    sender = own_settings.put_on_list(user, ids[0], ListName.APPROVED)
    return gettext(
        "Mail from %(sender)s is not held as advertising any more. Malware and phishing still are."
    ) % {"sender": sender}


def _block(user: EndUser, ids: Ids, _request: HttpRequest) -> str:
    sender = own_settings.put_on_list(user, ids[0], ListName.BLOCKED)
    return gettext("You get no more mail from %(sender)s.") % {"sender": sender}


def _before_release(user: EndUser, ids: Ids) -> Confirmation | None:
    if all(own_mail.copy(user, each).risk is own_mail.Risk.LOW for each in ids):
        return None
    return Confirmation(
        title=_("Have a message delivered that may do harm?"),
        text=_(
            "It was held because it looks dangerous. Have it delivered only if you know from something else "
            "than this message that the sender meant to write to you."
        ),
        action=_("Deliver it all the same"),
        back=address_of("own-mail"),
    )


def _before_delete(_user: EndUser, ids: Ids) -> Confirmation:
    return Confirmation(
        title=ngettext("Delete %(count)d message?", "Delete %(count)d messages?", len(ids))
        % {"count": len(ids)},
        text=_("This cannot be undone. What you leave here is deleted by itself when its time is over."),
        action=_("Delete"),
        back=address_of("own-mail"),
    )


ACTS: Final[dict[str, Act]] = {
    "release": Act(do=_release, asks=_before_release),
    "wanted": Act(do=_wanted, asks=_before_release),
    "request": Act(do=_request_release),
    "delete": Act(do=_delete, asks=_before_delete),
    "allow": Act(do=_allow),
    "block": Act(do=_block),
}


@page(
    name="own-act",
    path="act",
    title=_("Held messages"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    under="own-mail",
)
def act(request: PageRequest, user: EndUser) -> HttpResponse:
    """Do what the form says about the messages that it names."""
    if request.method != "POST":
        return to_page(request, "own-mail")
    name, ids = request.POST.get("do", ""), _ids(request)
    chosen = ACTS.get(name)
    if chosen is None or not ids:
        flash(request, gettext("Choose at least one message first."), level=Level.WARNING)
        return to_page(request, "own-mail")
    question = chosen.asks(user, ids) if "sure" not in request.POST else None
    if question is not None:
        return confirm(
            request, _with(question, {"do": name, "ids": [str(each) for each in ids], "sure": "1"})
        )
    flash(request, chosen.do(user, ids, request))
    return to_page(request, "own-mail")


def _with(question: Confirmation, hidden: dict[str, Any]) -> Confirmation:
    return Confirmation(
        title=question.title,
        text=question.text,
        action=question.action,
        back=question.back,
        is_harmful=question.is_harmful,
        hidden=hidden,
    )


def _ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(each) for each in dict.fromkeys(request.POST.getlist("ids"))][:MOST]
    except ValueError as failure:
        raise ScopeError("there is no such message") from failure
