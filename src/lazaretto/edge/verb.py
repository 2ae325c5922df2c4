"""What a verb is: a word, and what it does in a session."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lazaretto.core.reply import Reply
from lazaretto.edge import verbs

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of the dialogue."""

    name: str
    obey: Callable[[Session, bytes], Awaitable[Reply | None]]
    """Do it; the reply is said for it unless it is None.  Raises ``BadSyntax`` or ``Hangup``."""
    is_junk: bool = False
    """It does nothing by itself; a session may say only so many of these between two messages."""
    ends_group: bool = False
    """Nothing may be sent behind it before it was answered (RFC 2920 §3.1)."""


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
