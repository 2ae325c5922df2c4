"""Whether one domain looks like another to a hurried reader."""

from __future__ import annotations

from functools import lru_cache

import idna

from lazaretto.detect.folding import skeleton
from lazaretto.detect.impersonation.names import one_slip

SHORTEST = 5
"""Letters below which one edit makes too many honest names alike."""
LONG_ENOUGH = 6
"""Letters from which a name with another end, or with a word added, is taken for the same."""
_ADDED = frozenset(
    [
        "pay",
        "payment",
        "payments",
        "billing",
        "invoice",
        "invoices",
        "finance",
        "accounts",
        "secure",
        "security",
        "login",
        "portal",
        "support",
        "help",
        "service",
        "services",
        "mail",
        "email",
        "webmail",
        "online",
        "group",
        "team",
        "office",
        "corp",
        "inc",
        "llc",
        "ltd",
        "gmbh",
        "bv",
        "nv",
        "sa",
        "hr",
        "it",
        "docs",
        "files",
        "share",
        "cloud",
        "app",
        "web",
        "my",
        "the",
        "global",
        "international",
        "eu",
        "us",
        "uk",
        "nl",
        "be",
        "fr",
        "de",
    ]
)
_DRAWN_ALIKE = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("5", "s"),
    ("-", ""),
)


@lru_cache(maxsize=4096)
def resembles(domain: str, own: str) -> bool:
    """Tell whether ``domain`` could be taken for ``own``; a domain does not resemble itself.

    Sub-domains of ``own`` are its own.
    """
    if domain == own or domain.endswith(f".{own}"):
        return False
    theirs, ours = _shown(domain), _shown(own)
    if theirs == ours or _drawn(theirs) == _drawn(ours):
        return True
    their_name, _, their_end = theirs.partition(".")
    our_name, _, our_end = ours.partition(".")
    # The whole domain as the beginning of another: customer.example.evil.test
    if theirs.startswith(f"{ours}."):
        return True
    if len(our_name) < SHORTEST:
        return False
    if their_name == our_name:
        return len(our_name) >= LONG_ENOUGH
    if len(our_name) >= LONG_ENOUGH and _combined(their_name, our_name):
        return True
    return their_end == our_end and one_slip(their_name, our_name)


def _combined(theirs: str, ours: str) -> bool:
    """Tell whether ``theirs`` is ``ours`` with a word of business before or behind it."""
    if theirs.startswith(ours):
        rest = theirs[len(ours) :]
    elif theirs.endswith(ours):
        rest = theirs[: -len(ours)]
    else:
        return False
    return rest.strip("-") in _ADDED


def _shown(domain: str) -> str:
    try:
        return skeleton(idna.decode(domain)) if "xn--" in domain else skeleton(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def _drawn(domain: str) -> str:
    for these, like in _DRAWN_ALIKE:
        domain = domain.replace(these, like)
    return domain
