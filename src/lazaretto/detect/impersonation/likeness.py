"""Whether one domain looks like another to a hurried reader."""

from __future__ import annotations

from functools import lru_cache

import idna

from lazaretto.detect.folding import skeleton

SHORTEST = 5
"""Letters below which one edit makes too many honest names alike."""
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
    return their_end == our_end and their_name != our_name and _one_edit(their_name, our_name)


def _shown(domain: str) -> str:
    try:
        return skeleton(idna.decode(domain)) if "xn--" in domain else skeleton(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def _drawn(domain: str) -> str:
    for these, like in _DRAWN_ALIKE:
        domain = domain.replace(these, like)
    return domain


def _one_edit(one: str, other: str) -> bool:
    """Tell whether one insertion, deletion, replacement or swap of neighbours separates the two."""
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[:at] + long[at : at + 2][::-1] + long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or short == swapped
