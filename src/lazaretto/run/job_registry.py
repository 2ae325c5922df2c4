"""Finds the jobs: every class with a card in ``run/clock/``, so that there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from lazaretto.run import clock
from lazaretto.run.job_card import Job, JobCard


@cache
def jobs() -> tuple[type[Job], ...]:
    """Return every job, in the order of their names."""
    return tuple(sorted(_carded_classes(), key=lambda each: each.card.name))


def _carded_classes() -> Iterator[type[Job]]:
    for module_info in pkgutil.iter_modules(clock.__path__, f"{clock.__name__}."):
        module = importlib.import_module(module_info.name)
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module_info.name
            if own and isinstance(vars(value).get("card"), JobCard):
                yield value
