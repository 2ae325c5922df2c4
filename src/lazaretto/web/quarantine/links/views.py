"""A page for whoever holds a link that we mailed.

Mail scanners follow every link, some of them with HEAD, some twice.  So GET and HEAD show what could be
done; only the form does it, and each link once.  There is no session that another page could abuse: the
link itself is the secret, sealed for one person and one thing (``core.mail_links``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lazaretto.core.end_users import EndUserRight
from lazaretto.core.errors import ScopeError
from lazaretto.core.mail_links import LinkPurpose, MailLink
from lazaretto.store import own_links, own_mail, own_settings
from lazaretto.store.own_settings import ListName
from lazaretto.store.people.endusers import EndUser
from lazaretto.web.api.rates import TooManyRequests, spend
from lazaretto.web.quarantine.pages.mail import words
from lazaretto.web.shell.callers import client_of
from lazaretto.web.shell.showing import show

_Act = Callable[[EndUser, UUID], object]
_ACTS: Final[dict[str, _Act]] = {
    "release": lambda user, copy: own_mail.release(user, [copy]),
    "request": lambda user, copy: own_mail.request_release(user, [copy], ""),
    "delete": lambda user, copy: own_mail.delete(user, [copy]),
    "allow": lambda user, copy: own_settings.put_on_list(user, copy, ListName.APPROVED),
    "block": lambda user, copy: own_settings.put_on_list(user, copy, ListName.BLOCKED),
}


# The link is the secret; RFC 8058's one-click POST comes from a mail program without any session.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, text: str) -> HttpResponse:
    """Show what a link is for; its form does it."""
    try:
        spend(f"link {client_of(request)}")
    except TooManyRequests as failure:
        return HttpResponse(status=429, headers={"Retry-After": str(failure.after)})
    link = own_links.opened(text)
    if link is None:
        return _told(request, gettext("This link is not valid any more"), _over(), status=404)
    try:
        if link.purpose is LinkPurpose.ITEM:
            return _item(request, text, link)
        if link.purpose is LinkPurpose.ADDRESS:
            return _address(request, text, link)
        return _unsubscribe(request, link)
    except ScopeError:
        return _told(request, gettext("This message is not held any more"), _gone(), status=404)


def _item(request: HttpRequest, text: str, link: MailLink) -> HttpResponse:
    user, identity = own_links.user_of(link, client_of(request)), UUID(link.item)
    if own_links.was_used(text):
        return _told(request, gettext("This was decided before"), _used())
    copy = own_mail.copy(user, identity)
    act = _ACTS.get(request.POST.get("do", "")) if request.method == "POST" else None
    if act is not None:
        if not own_links.use(text, link):
            return _told(request, gettext("This was decided before"), _used())
        act(user, identity)
        return _told(request, gettext("Done"), _done(request.POST["do"]))
    context: dict[str, Any] = {
        "copy": copy,
        "who": copy.author_name or copy.author or copy.sender or gettext("unknown sender"),
        "address": copy.author or copy.sender,
        "reason": words.reason(copy.reason),
        "risk": words.RISKS[copy.risk],
        "risk_class": copy.risk.name.lower(),
        "advice": words.ADVICE[copy.risk],
        "may": {right.name.lower(): copy.may(right) for right in EndUserRight},
    }
    return _kept_private(show(request, "links/item.html", context))


def _address(request: HttpRequest, text: str, link: MailLink) -> HttpResponse:
    if request.method == "POST":
        if not own_links.confirm_address(text, link, client_of(request)):
            return _told(request, gettext("This was decided before"), _used())
        return _told(
            request,
            gettext("Done"),
            gettext("%(reader)s now sees what is held for %(address)s as well.")
            % {"reader": link.item, "address": link.person},
        )
    return _kept_private(show(request, "links/address.html", {"reader": link.item, "address": link.person}))


def _unsubscribe(request: HttpRequest, link: MailLink) -> HttpResponse:
    if request.method == "POST":
        own_links.unsubscribe(link, client_of(request))
        return _told(
            request,
            gettext("Done"),
            gettext("%(address)s gets no more lists of held messages. You can change that in the settings.")
            % {"address": link.person},
        )
    return _kept_private(show(request, "links/unsubscribe.html", {"address": link.person}))


def _told(request: HttpRequest, title: str, text: str, *, status: int = 200) -> HttpResponse:
    return _kept_private(show(request, "links/told.html", {"title": title, "text": text}, status=status))


def _kept_private(response: HttpResponse) -> HttpResponse:
    # The address is a secret: no other site may learn it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _done(act: str) -> str:
    return {
        "release": gettext("The message is on its way to your mailbox."),
        "request": gettext("Your administrators were asked. You get their decision by mail."),
        "delete": gettext("The message was deleted."),
        "allow": gettext("Mail from this sender is not held as advertising any more."),
        "block": gettext("You get no more mail from this sender."),
    }[act]


def _over() -> str:
    return gettext("Links in such mail work for 14 days. Sign in to see all that is held for you.")


def _gone() -> str:
    return gettext("It was delivered or deleted before. Sign in to see all that is held for you.")


def _used() -> str:
    return gettext("Each of these links decides once. Sign in to see all that is held for you.")
