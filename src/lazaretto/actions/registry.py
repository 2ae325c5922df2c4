"""Finds the actions: every class with a card in the catalogue, so that there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from lazaretto.actions import catalogue
from lazaretto.actions.api import Action, ActionCard


@cache
def actions() -> Mapping[str, Action]:
    """Return every action by the name that orders call it."""
    found = sorted(_carded_classes(), key=lambda each: each.card.name)
    return MappingProxyType({kind.card.name: kind() for kind in found})


def _carded_classes() -> Iterator[type[Action]]:
    for module_info in pkgutil.iter_modules(catalogue.__path__, f"{catalogue.__name__}."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module_info.name
            if own and isinstance(vars(value).get("card"), ActionCard):
                yield value
