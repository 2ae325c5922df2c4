"""The weights of the symbols that are judged by their sum.

Rules say what to look for; ``weights.toml`` says what it is worth.  The weights are fitted together
over real mail, so they stand together, in one file that a fit can write.
"""

from __future__ import annotations

import tomllib
from functools import cache

from lazaretto.detect.knowledge import knowledge


def weight_of(symbol: str) -> float:
    """Return the weight of ``symbol``; raises ``KeyError`` for one that has none."""
    return _weights()[symbol]


def weighted_symbols() -> frozenset[str]:
    """Return every symbol of the table."""
    return frozenset(_weights())


@cache
def _weights() -> dict[str, float]:
    text = knowledge("weights.toml").read_text(encoding="utf-8")
    return {name: float(value) for name, value in tomllib.loads(text)["weights"].items()}
