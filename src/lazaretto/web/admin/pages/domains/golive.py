"""Go-live: each domain from red to green, by what the DNS, the customer's server and the trace say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ScopeError
from lazaretto.store import drafts, tenancy
from lazaretto.store.domain_checks import Check, Light, Readiness, dns_checks, mail_checks, server_checks
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.words_of import Words, label, words
from lazaretto.web.api.rates import TooManyRequests, spend_look
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show

_SEE = needs(Area.ROUTES, Right.VIEW_CONFIGURATION)
_PARTS: Final[Mapping[str, Callable[[Scope, str], Readiness]]] = {
    "dns": dns_checks,
    "server": server_checks,
    "mail": mail_checks,
}
_ICONS: Final = {
    Light.GREEN: "circle-check",
    Light.AMBER: "alert-triangle",
    Light.RED: "circle-x",
    Light.GREY: "help",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckShown:
    """One light as the page shows it."""

    check: Check
    title: str
    state: str
    says: Words
    icon: str

    @property
    def records(self) -> list[dict[str, str]]:
        """The records to paste, each with an id on the page."""
        return [
            {"id": f"{self.check.key}-{number}", "name": each.name, "kind": each.kind, "value": each.value}
            for number, each in enumerate(self.check.records)
        ]


@page(
    name="go-live",
    path="go-live",
    title=gettext_lazy("Go-live"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.ORGANISATION,
    icon="flag-3",
    order=20,
)
def go_live(request: PageRequest, scope: Scope) -> HttpResponse:
    """Show the lights of one domain; they come one part after the other."""
    document = drafts.parsed(tenancy.whole(scope).text)
    names = [name for name in document.domains if scope.domains.reach(name)]
    asked = request.GET.get("domain", "")
    domain = asked if asked in names else (names[0] if names else "")
    parts = [{"key": key, "title": label(f"part.{key}")} for key in _PARTS]
    return show(request, "domains/go_live.html", {"names": names, "domain": domain, "parts": parts})


@page(
    name="go-live-part",
    path="go-live/<str:domain>/<str:part>",
    title=gettext_lazy("Go-live"),
    place=Place.TENANT,
    need=_SEE,
    under="go-live",
)
def part(request: PageRequest, scope: Scope, domain: str, part: str) -> HttpResponse:
    """Look at one part of a domain's readiness, now."""
    look = _PARTS.get(part)
    if look is None:
        raise ScopeError("there is no such part")
    try:
        if part != "mail":
            spend_look(scope.tenant_name)
        checks = [_shown(each) for each in look(scope, domain).checks]
    except TooManyRequests as many:
        return _answer(
            request, domain, part, [], _("Looked at too often; again in %(count)s s") % {"count": many.after}
        )
    red = sum(each.check.light is Light.RED for each in checks)
    grey = sum(each.check.light is Light.GREY for each in checks)
    summary = _("%(count)s not known") % {"count": grey} if grey else _("Nothing to do here")
    if red:
        summary = _("%(count)s to do") % {"count": red}
    return _answer(request, domain, part, checks, summary)


def _answer(
    request: PageRequest, domain: str, part: str, checks: list[CheckShown], summary: str
) -> HttpResponse:
    context = {
        "checks": checks,
        "domain": domain,
        "part": {"key": part, "title": label(f"part.{part}")},
        "summary": summary,
    }
    template = "domains/part.html" if request.is_partial else "domains/part_page.html"
    return show(request, template, context)


def _shown(check: Check) -> CheckShown:
    return CheckShown(
        check=check,
        title=label(f"check.{check.key}"),
        state=label(f"light.{check.light.value}"),
        says=words(f"says.{check.says}"),
        icon=_ICONS[check.light],
    )
