"""Every page there is, found by walking the packages of the portals."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Final

from django.urls import reverse

from lazaretto.web.shell.cards import CARD, Page, Place

# By name: the shell knows that there are portals, and none of them.
_PORTALS: Final = ("lazaretto.web.admin.pages", "lazaretto.web.quarantine.pages")


@cache
def pages() -> tuple[Page, ...]:
    """Return the cards of all pages.  Raises ``ValueError`` where two have the same name."""
    found = tuple(card for name in _PORTALS for card in _cards_below(importlib.import_module(name)))
    names = [card.name for card in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two pages are called {', '.join(twice)}")
    return found


def called(name: str) -> Page:
    """Return the page called ``name``.  Raises ``LookupError`` when there is none."""
    card = _by_name().get(name)
    if card is None:
        raise LookupError(f"there is no page {name}")
    return card


@cache
def _by_name() -> dict[str, Page]:
    """Return the cards by name; a table asks for one in every row."""
    return {card.name: card for card in pages()}


def address_of(name: str, tenant: str = "", /, **arguments: object) -> str:
    """Return the path of the page called ``name``, in ``tenant`` where it is a tenant's."""
    if called(name).place is Place.TENANT:
        arguments["tenant"] = tenant
    return reverse(f"pages:{name}", kwargs=arguments)


def _cards_below(package: ModuleType) -> Iterator[Page]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            card = getattr(value, CARD, None)
            # What another module imported is not found twice.
            if isinstance(card, Page) and card.view.__module__ == module.__name__:
                yield card
