"""Domains under which strangers register names: nobody signs for all of them."""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@cache
def _list() -> PublicSuffixList:
    # The list that came with the package, nothing is fetched.  Names that companies let to others are
    # left out: their owners sign mail of their own with them.
    return PublicSuffixList(accept_unknown=True, only_icann=True)


@lru_cache(maxsize=8192)
def registrable(domain: str) -> str:
    """Return the domain below a public suffix that ``domain`` belongs to; itself when there is none."""
    return _list().privatesuffix(domain) or domain


@lru_cache(maxsize=8192)
def is_public_suffix(domain: str) -> bool:
    """Tell whether ``domain`` (lower case, A-labels) is a public suffix, or a name of one label."""
    return "." not in domain or _list().publicsuffix(domain) == domain
