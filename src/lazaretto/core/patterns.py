"""Many patterns with ``*`` at once: most texts match none, and one search for all their words says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import re2

from lazaretto.core.indicators import stands_for

Entry = TypeVar("Entry")
FEW: Final = 16
"""So many are asked one by one."""
_MEMORY: Final = 64 << 20


class Patterns(Generic[Entry]):
    """Patterns with what they stand for."""

    def __init__(self, patterns: Iterable[tuple[str, Entry]]) -> None:
        self._patterns = tuple(patterns)

    def standing_for(self, text: str) -> Iterator[Entry]:
        """Yield what each pattern is for that matches the whole of ``text``."""
        if len(self._patterns) > FEW and self._words.search(text) is None:
            return
        for value, entry in self._patterns:
            if stands_for(value, text):
                yield entry

    @cached_property
    def _words(self) -> Any:
        words = dict.fromkeys(max(value.split("*"), key=len) for value, _ in self._patterns)
        options = re2.Options()
        options.max_mem = _MEMORY
        return re2.compile("|".join(map(re2.escape, words)), options)
