"""Outsiders who write under the name of a protected person.

Names are compared as people read them: without case, accents, look-alike letters, titles, order of
first and last name, and whatever stands in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar

from lazaretto.core.address import fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.folding import skeleton
from lazaretto.mail.view import MessageView

FROM_PROTECTED_NAME = Symbol(
    name="FROM_PROTECTED_NAME",
    score=6.0,
    summary="An outside sender writes under the name of a protected person",
    verdict=Verdict.PHISHING,
)
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sir",
        "ir",
        "ing",
        "mme",
        "mlle",
        "dhr",
        "mevr",
        "herr",
        "frau",
        "ceo",
        "cfo",
        "cto",
        "coo",
        "director",
        "president",
    ]
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[|/].*|\bvia\b.*")
_WORD = re.compile(r"[^\W_]+")

Name = frozenset[str]


class ProtectedNames:
    """Compares the author's display name with the tenant's protected names."""

    card: ClassVar = DetectorCard(
        name="impersonation.protected-names",
        summary="Finds outsiders who write under the name of a protected person",
        service=Service.IMPERSONATION_CONTROL,
        symbols=(FROM_PROTECTED_NAME,),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding: the name that was borrowed."""
        if tenant is None or not tenant.protected_names:
            return ()
        protected = _names(tenant.protected_names)
        for author in message.authors:
            # An address inside is for the look at own domains; here it would accuse the person.
            if author.address.domain in tenant.domains or fold(str(author.address)) in tenant.addresses:
                continue
            shown = author.display_name or author.address.local.replace(".", " ")
            if (words := words_of_name(shown)) in protected or _within(words, protected):
                return (found(FROM_PROTECTED_NAME, shown),)
        return ()


def words_of_name(name: str) -> Name:
    """Return the words that make ``name`` the same name for a reader; empty for a single word."""
    words = frozenset(_WORD.findall(skeleton(_ASIDE.sub(" ", name.casefold())))) - _TITLES
    return words if len(words) > 1 else frozenset()


@lru_cache(maxsize=64)
def _names(protected: tuple[str, ...]) -> frozenset[Name]:
    return frozenset(filter(None, map(words_of_name, protected)))


def _within(words: Name, protected: Iterable[Name]) -> bool:
    """Tell whether the whole protected name is among a few words more, as in "Ann Lee Office"."""
    return 2 < len(words) <= 5 and any(name <= words for name in protected)
