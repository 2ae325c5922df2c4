"""Providers at which anybody gets a mailbox for nothing."""

from __future__ import annotations

from functools import cache

from lazaretto.detect.wordlists import words_in


def is_freemail(domain: str) -> bool:
    """Tell whether ``domain`` gives mailboxes to anybody."""
    return domain in _providers()


@cache
def _providers() -> frozenset[str]:
    return frozenset(words_in("content/lists/freemail.txt"))
