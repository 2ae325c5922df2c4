"""The list of services, and a form for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from lazaretto.store import drafts
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.choices import Level
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.placed_remarks import placed_remarks
from lazaretto.tenants.placing import WrongSettings, plain_of
from lazaretto.tenants.remark_words import in_language
from lazaretto.web.admin.entries import draft_bar
from lazaretto.web.admin.pages.services.fields import sent_values, shown_groups, within_reach
from lazaretto.web.admin.pages.services.layout import Service, services
from lazaretto.web.admin.pages.services.levels import At, choosable, level_in
from lazaretto.web.admin.words_of import lazy_label, words
from lazaretto.web.shell.cards import Anyone, Place, Section, needs, page
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

Path = tuple[str, ...]


@page(
    name="services",
    path="services",
    title=gettext_lazy("Services"),
    place=Place.TENANT,
    need=Anyone.SIGNED_IN,
    section=Section.PROTECTION,
    icon="shield-check",
    order=10,
)
def index(request: PageRequest, scope: Scope) -> HttpResponse:
    """List the services that the reader may see."""
    mine = [each for each in services() if scope.allows(each.area, Right.VIEW_CONFIGURATION)]
    tls = words("service.tls") if scope.allows(Area.TLS, Right.VIEW_CONFIGURATION) else None
    cards = [{"service": each, "words": words(f"service.{each.key}")} for each in mine]
    return show(
        request,
        "services/index.html",
        {
            **draft_bar(scope),
            "cards": cards,
            "tls_words": tls,
            "may_review": scope.allows(Area.AUDIT, Right.VIEW_STATISTICS),
            "sees_whole": scope.domains.is_all,
        },
    )


@lru_cache(maxsize=16)
def plain_cached(text: str) -> dict[str, Any]:
    """Return the plain values of a document; whoever changes them copies them first."""
    return plain_of(text)


@lru_cache(maxsize=16)
def remarks_by_path(text: str, day: str, language: str) -> Mapping[Path, Sequence[str]]:
    """Return what the linter says in ``language``, by setting."""
    found: dict[Path, list[str]] = {}
    for path, remark in placed_remarks(text, datetime.fromisoformat(day).date()):
        found.setdefault(path, []).append(in_language(remark.text, language))
    return found


def spoken() -> str:
    """Return the language of the page."""
    return (get_language() or "en")[:2]


def today() -> str:
    """Return the day for which the linter looks."""
    return datetime.now(UTC).date().isoformat()


def _service_page(service: Service) -> Callable[..., HttpResponse]:
    @page(
        name=service.page,
        path=f"services/{service.key.replace('_', '-')}",
        title=lazy_label(f"service.{service.key}"),
        place=Place.TENANT,
        need=needs(service.area, Right.VIEW_CONFIGURATION),
        post=needs(service.area, Right.EDIT),
        under="services",
    )
    def view(request: PageRequest, scope: Scope) -> HttpResponse:
        """Show and take the settings of one service at one level."""
        if request.method == "POST":
            return _take(request, scope, service)
        return _form(request, scope, service)

    return view


for _each in services():
    globals()[f"service_{_each.key}"] = _service_page(_each)


def _form(
    request: PageRequest,
    scope: Scope,
    service: Service,
    errors: Mapping[Path, str] | None = None,
    sent: QueryDict | None = None,
) -> HttpResponse:
    edited = drafts.edited(scope)
    document = edited.document
    levels = _levels(scope, service, document)
    at = level_in(request.GET.get("level", ""), levels)
    groups = list(
        shown_groups(
            service.groups,
            document,
            plain_cached(edited.text),
            at,
            remarks=remarks_by_path(edited.text, today(), spoken()),
            errors=errors or {},
            sent=sent,
        )
    )
    groups = [within_reach(scope, document, group) for group in groups]
    known = {path for group in groups for each in group.fields for path in [at.path(each.field.path)]}
    others = [text for path, text in (errors or {}).items() if not any(path[: len(k)] == k for k in known)]
    context = {
        **draft_bar(scope),
        "service": service,
        "words": words(f"service.{service.key}"),
        "groups": groups,
        "at": at,
        "levels": levels,
        "may_edit": scope.allows(service.area, Right.EDIT),
        "has_errors": bool(errors),
        "other_errors": others,
    }
    return show(request, "services/form.html", context, status=422 if errors else 200)


def _levels(scope: Scope, service: Service, document: TenantDocument) -> list[At]:
    lowest = max((field.lowest for field in service.fields), key=list(Level).index)
    return choosable(scope, document, lowest)


def _take(request: PageRequest, scope: Scope, service: Service) -> HttpResponse:
    now = drafts.edited(scope)
    at = level_in(request.GET.get("level", ""), _levels(scope, service, now.document))
    values = sent_values(list(service.fields), now.document, plain_cached(now.text), at, request.POST)
    try:
        edited = drafts.place(scope, values) if values else drafts.edited(scope)
    except WrongSettings as wrong:
        return _form(request, scope, service, wrong.by_path, request.POST)
    if not edited.is_draft:
        flash(request, _("Nothing differs from what is in force."))
        return to_page(request, service.page)
    return to_page(request, "changes")


def may_see(scope: Scope, area: Area) -> bool:
    """Tell whether the settings of an area may be shown."""
    return area is not Area.TENANTS and scope.allows(area, Right.VIEW_CONFIGURATION)
