"""Finds the sections of services: every class with a card, so that there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from lazaretto.tenants import services
from lazaretto.tenants.service_section import SectionCard, ServiceSection


@cache
def sections() -> tuple[type[ServiceSection], ...]:
    """Return every section, in the order of their keys."""
    return tuple(sorted(_carded_classes(), key=lambda each: each.card.key))


def _carded_classes() -> Iterator[type[ServiceSection]]:
    for module_info in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module_info.name
            if own and isinstance(vars(value).get("card"), SectionCard):
                yield value
