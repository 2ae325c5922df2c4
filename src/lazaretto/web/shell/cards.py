"""What a page says about itself: where it is, who may see it, and where it stands in the navigation.

A page is a function below ``web/admin/pages`` or ``web/quarantine/pages`` under the decorator ``page``.  One
that declares no need is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from django.http.response import HttpResponseBase

from lazaretto.store.scope import Area, Permission, Right

View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=View)
CARD: Final = "lazaretto_page"


class Place(Enum):
    """Under which address a page lies, and what its view is given second."""

    TENANT = "t/<tenant>/"
    """The administration portal of one tenant; a ``Scope`` in it."""
    PLATFORM = "platform/"
    """The operator's own pages; a ``Scope`` on the platform."""
    OWN_MAIL = "q/"
    """The quarantine portal; the ``EndUser``."""


class Section(Enum):
    """A part of the side navigation, in order."""

    OVERVIEW = "overview"
    MAIL = "mail"
    PROTECTION = "protection"
    ORGANISATION = "organisation"
    RECORDS = "records"
    PLATFORM = "platform"


class Anyone(Enum):
    """Needs that are no permission."""

    SIGNED_IN = "signed in"
    """Whoever may enter the place at all: is granted anything in the tenant, or is an end user."""


Need = Permission | Anyone


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The card of one page."""

    name: str
    """What it is called in ``{% page "name" %}`` and ``address_of("name")``; unique."""
    path: str
    """Below its place, with Django's converters: ``messages/<uuid:id>``; empty = the place itself."""
    title: Any
    """Heading, window title and navigation entry; translatable."""
    place: Place
    view: View
    need: Need | None = None
    """What seeing it takes; None = nobody sees it."""
    post: Need | None = None
    """What sending its form takes; None = there is no form: 405."""
    section: Section | None = None
    """Where it stands in the navigation; None = it is reached from another page."""
    icon: str = "circle-check"
    order: int = 50
    """Within its section, lowest first."""
    under: str = ""
    """The page whose navigation entry is marked while this one is shown."""


def needs(area: Area, right: Right) -> Permission:
    """Return the need for ``right`` in ``area``."""
    return Permission(area, right)


def page(
    *,
    name: str,
    path: str,
    title: Any,
    place: Place,
    need: Need | None = None,
    post: Need | None = None,
    section: Section | None = None,
    icon: str = "circle-check",
    order: int = 50,
    under: str = "",
) -> Callable[[V], V]:
    """Make a page of a function ``(request, scope or end user, **path arguments)``."""

    def make(view: V) -> V:
        card = Page(
            name=name,
            path=path,
            title=title,
            place=place,
            view=view,
            need=need,
            post=post,
            section=section,
            icon=icon,
            order=order,
            under=under,
        )
        setattr(view, CARD, card)
        return view

    return make
