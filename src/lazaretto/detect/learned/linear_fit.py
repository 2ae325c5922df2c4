"""The outcome of a regression, and the log-odds that it gives a message; needs nothing but Python."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

WORD_SCALE: Final = 8.0
"""What the word features of one message weigh together, against 1 for each feature of its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Weights of features, and where log-odds begin."""

    weights: dict[str, float]
    bias: float

    def of_words(self, words: Iterable[str]) -> float:
        """Return the log-odds that a text with these features is unwanted, whatever its length."""
        known = [weight for weight in map(self.weights.get, words) if weight is not None]
        return self.bias + (WORD_SCALE * math.fsum(known) / math.sqrt(len(known)) if known else 0.0)

    def of(self, features: Iterable[str]) -> float:
        """Return the log-odds that a message with these features is unwanted."""
        return self.bias + math.fsum(
            weight for weight in map(self.weights.get, features) if weight is not None
        )
