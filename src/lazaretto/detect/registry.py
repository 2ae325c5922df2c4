"""Finds the detectors: every class with a card in a family package, so that there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

import lazaretto.detect
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.findings import COULD_NOT_LOOK, Symbol
from lazaretto.detect.api import Configurable, Detector
from lazaretto.detect.runner import DETECTOR_FAILED
from lazaretto.detect.settings import DetectSettings

RUNNER_SYMBOLS = (COULD_NOT_LOOK, DETECTOR_FAILED)
"""Symbols that no detector owns: the runner reports them in a detector's place."""


def detectors(settings: DetectSettings | None = None) -> tuple[Detector, ...]:
    """Return one detector of each class, ordered by the card's name, ready to look."""
    chosen = settings or DetectSettings.model_validate({})
    return tuple(_made(each, chosen) for each in detector_classes())


@cache
def detector_classes() -> tuple[type[Detector], ...]:
    """Return every class of the family packages that carries a card, ordered by its name."""
    return tuple(sorted(_carded_classes(), key=lambda found: found.card.name))


def symbols() -> dict[str, Symbol]:
    """Return every symbol that can be found, by name; the public interface of looking."""
    owned = [symbol for each in detector_classes() for symbol in each.card.symbols]
    return {symbol.name: symbol for symbol in (*owned, *RUNNER_SYMBOLS)}


@cache
def _services() -> dict[str, Service]:
    return {symbol.name: each.card.service for each in detector_classes() for symbol in each.card.symbols}


def service_of(symbol: str) -> Service | None:
    """Return the service whose detector reports ``symbol``; None for the runner's own."""
    return _services().get(symbol)


def meaning_of(symbol: str) -> str:
    """Return the English sentence for a finding of ``symbol``; empty where nobody owns it."""
    owned = symbols().get(symbol)
    return owned.summary if owned is not None else ""


def _made(kind: type[Detector], settings: DetectSettings) -> Detector:
    if isinstance(kind, Configurable):
        made: Detector = kind.configured(settings)
        return made
    return kind()


def _carded_classes() -> Iterator[type[Detector]]:
    for module_name in _family_modules():
        module = importlib.import_module(module_name)
        for value in vars(module).values():
            # A class that a module merely imports belongs to the module that defines it.
            own = isinstance(value, type) and value.__module__ == module_name
            if own and isinstance(vars(value).get("card"), DetectorCard):
                yield value


def _family_modules() -> Iterator[str]:
    package = lazaretto.detect
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.count(".") > 2:
            yield found.name
