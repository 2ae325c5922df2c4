"""Which entries are about a web address: the one rule for lists, indicators and what is kept of mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lazaretto.core.indicators import LONGEST_URL, url_trait
from lazaretto.core.snapshot import names_above

MAX_STEPS: Final = 8
"""Steps of a path below which an entry may stand."""


def entries_about(host: str, rest: str) -> Iterator[str]:
    """Yield every entry that would be about an address: each name above its host, each step of its path.

    ``rest`` is what follows the host.
    """
    whole = url_trait("", rest)
    path = whole.partition("?")[0]
    steps = path.split("/")[1 : MAX_STEPS + 1]
    below = ["/" + "/".join(steps[:count]) for count in range(len(steps), 0, -1)]
    ends = tuple(dict.fromkeys((whole, path.removesuffix("/"), *below, "")))
    for name in names_above(host.lower().rstrip(".")):
        if "." in name or ":" in name:
            yield from ((name + each)[:LONGEST_URL] for each in ends)
