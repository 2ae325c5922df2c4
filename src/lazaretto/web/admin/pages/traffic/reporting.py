"""Telling us that a message was judged wrongly; each report is a case that is answered."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ScopeError
from lazaretto.store import cases, traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import to_page

_KINDS = {
    "spam": (_("Report as spam"), _("It was let through and is spam, phishing or malware.")),
    "not-spam": (_("Report as not spam"), _("It was kept back and is wanted.")),
}


@page(
    name="message-report",
    path="messages/<uuid:id>/report/<str:kind>",
    title=_("Report a message"),
    place=Place.TENANT,
    need=needs(Area.LISTS, Right.EDIT),
    post=needs(Area.LISTS, Right.EDIT),
    under="trace",
)
def report(request: PageRequest, scope: Scope, id: UUID, kind: str) -> HttpResponse:  # noqa: A002
    """Ask before a message is reported; then open a case."""
    if kind not in _KINDS:
        raise ScopeError("there is no such report")
    traffic.message(scope, id)
    if request.method == "POST":
        cases.report(scope, id, is_spam=kind == "spam")
        flash(request, gettext("It is reported: it is looked at again and you are answered by mail."))
        return to_page(request, "message", id=id)
    title, text = _KINDS[kind]
    return confirm(
        request,
        Confirmation(
            title=title,
            text=text,
            action=title,
            back=address_of("message", request.tenant_name, id=id),
            is_harmful=False,
        ),
    )
