"""Kinds of places on the web that strangers' links lead to."""

from __future__ import annotations

from lazaretto.detect.wordlists import words_in

SHORTENERS = frozenset(words_in("links/lists/shorteners.txt"))
FREE_HOSTS = words_in("links/lists/free-hosts.txt")
FREE_PLACES = words_in("links/lists/free-places.txt")
CHEAP_ENDS = frozenset(words_in("links/lists/cheap-ends.txt"))
REDIRECTORS = words_in("links/lists/redirectors.txt")
BRANDS = {
    word: frozenset(domains)
    for word, *domains in (line.split() for line in words_in("links/lists/brands.txt"))
}
"""Brand words that are borrowed in host names, and the domains that may use them."""
