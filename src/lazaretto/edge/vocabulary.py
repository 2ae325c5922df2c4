"""All verbs: those in ``VERBS`` of each module of ``edge.verbs``; there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import lru_cache

from lazaretto.edge import verbs
from lazaretto.edge.verb import Verb


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, Verb]:
    """Return every verb by its name: those in ``VERBS`` of each module of ``edge.verbs``."""
    known: dict[str, Verb] = {}
    for module in pkgutil.iter_modules(verbs.__path__, f"{verbs.__name__}."):
        for verb in importlib.import_module(module.name).VERBS:
            if verb.name in known:
                problem = f"two modules own the verb {verb.name}"
                raise ValueError(problem)
            known[verb.name] = verb
    return known
