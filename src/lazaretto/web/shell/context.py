"""What every template knows: who is signed in, where, and what the navigation offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lazaretto.store.people.endusers import EndUser
from lazaretto.store.scope import Scope
from lazaretto.web.shell.cards import Anyone, Page, Place, Section
from lazaretto.web.shell.flash import taken
from lazaretto.web.shell.registry import address_of, pages

THEME_COOKIE: Final = "lazaretto-theme"
THEMES: Final = ("light", "dark")
_SECTIONS: Final = {
    Section.OVERVIEW: _("Overview"),
    Section.MAIL: _("Mail"),
    Section.PROTECTION: _("Protection"),
    Section.ORGANISATION: _("Organisation"),
    Section.RECORDS: _("Records"),
    Section.PLATFORM: _("Platform"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation."""

    title: Any
    address: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A section with its entries."""

    title: Any
    entries: tuple[Entry, ...]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what templates find under ``shell`` and ``flashes``."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    caller = getattr(request, "caller", None)
    return {
        "request": request,
        "shell": {
            "theme": theme if theme in THEMES else "",
            "language": get_language() or "en",
            "languages": settings.LANGUAGES,
            "account": caller.account if caller else None,
            "is_operator": caller is not None and any(g.tenant is None for g in caller.account.grants.all()),
            "tenant": getattr(request, "tenant_name", ""),
            "acts_for": getattr(request, "acts_for", False),
            "page": getattr(request, "page", None),
            "layout": _layout(request),
            "navigation": SimpleLazyObject(lambda: navigation(request)),
        },
        "flashes": SimpleLazyObject(lambda: taken(request)),
    }


def _layout(request: HttpRequest) -> str:
    """Return what the shell's own pages extend: where many entries lead on, they stand at the side."""
    current: Page | None = getattr(request, "page", None)
    is_administration = current is not None and current.place is not Place.OWN_MAIL
    return "shell/administration.html" if is_administration else "shell/slim.html"


def navigation(request: HttpRequest) -> tuple[Group, ...]:
    """Return what the reader may see of the navigation where they are, section by section."""
    current: Page | None = getattr(request, "page", None)
    scope: Scope | EndUser | None = getattr(request, "scope", None)
    if current is None or scope is None:
        return ()
    groups = []
    for section, title in _SECTIONS.items():
        cards = sorted(
            (card for card in pages() if card.section is section and _is_open(card, current.place, scope)),
            key=lambda card: (card.order, card.name),
        )
        if cards:
            groups.append(Group(title, tuple(_entry(card, current, scope) for card in cards)))
    return tuple(groups)


def _is_open(card: Page, place: Place, scope: Scope | EndUser) -> bool:
    if card.place is not place or card.need is None:
        return False
    if isinstance(card.need, Anyone):
        return True
    return isinstance(scope, Scope) and scope.allows(*card.need)


def _entry(card: Page, current: Page, scope: Scope | EndUser) -> Entry:
    is_current = card.name in (current.name, current.under)
    return Entry(card.title, address_of(card.name, scope.tenant_name), card.icon, is_current)
