"""The shipped model: a text file of weights, with a checksum over it and its measured meaning.

The first line is a JSON object, every other line a feature, a tab and its weight, sorted.  Text, for
people can read it, differences show, and reading it runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.learned.fitting import Fit, margin

FORMAT: Final = 1
SHIPPED: Final = "linear.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How log-odds become a score; fitted on mail that the weights did not see."""

    slope: float
    middle: float
    """Log-odds that say nothing: the score is 0."""

    def score(self, log_odds: float) -> float:
        """Return the score: straight above the middle, 0 for a while below it, bounded at both ends."""
        above = self.slope * (log_odds - self.middle)
        if above >= 0:
            return min(HIGHEST, above)
        return max(LOWEST, min(0.0, above + self.slope * SILENCE))


SILENCE: Final = 2.0
"""Log-odds below the middle within which the model says nothing."""
LOWEST: Final = -2.5
"""A text full of harmless words may excuse a little, never much: senders of spam choose their words."""
HIGHEST: Final = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights and what they mean together."""

    version: str
    fitted: Fit
    scale: Scale

    def log_odds(self, words: Iterable[str], shape: Iterable[str]) -> float:
        """Return the log-odds that a message with these features is unwanted."""
        return margin(self.fitted.weights, self.fitted.bias, words, shape)

    def score(self, words: Iterable[str], shape: Iterable[str]) -> float:
        """Return the score of a message with these features."""
        return self.scale.score(self.log_odds(words, shape))

    def strongest(self, names: Iterable[str], most: int) -> list[str]:
        """Return the features among ``names`` that speak loudest against the message."""
        weights = self.fitted.weights
        known = sorted((-weights[name], name) for name in names if weights.get(name, 0.0) > 0)
        return [name for _, name in known[:most]]


def written(model: Model) -> str:
    """Return the text of ``model``; the same for the same model."""
    body = "".join(f"{name}\t{value:g}\n" for name, value in sorted(model.fitted.weights.items()))
    head = {
        "format": FORMAT,
        "version": model.version,
        "bias": model.fitted.bias,
        "slope": model.scale.slope,
        "middle": model.scale.middle,
        "sha256": _checksum(body),
    }
    return f"{json.dumps(head)}\n{body}"


def read(text: str) -> Model:
    """Return the model that ``text`` holds; raises ``ConfigurationError`` when it is damaged."""
    first, _, body = text.partition("\n")
    try:
        head = json.loads(first)
        if head["format"] != FORMAT or head["sha256"] != _checksum(body):
            raise ConfigurationError("the model's checksum or format is wrong; install it again")
        lines = (line.rpartition("\t") for line in body.split("\n") if line)
        weights = {name: float(value) for name, _, value in lines}
        return Model(
            version=str(head["version"]),
            fitted=Fit(weights=weights, bias=float(head["bias"])),
            scale=Scale(slope=float(head["slope"]), middle=float(head["middle"])),
        )
    except (ValueError, KeyError, TypeError) as failure:
        raise ConfigurationError(f"the model cannot be read: {failure}") from failure


@cache
def shipped() -> Model:
    """Return the model that comes with the product."""
    return read(knowledge(f"learned/{SHIPPED}").read_text(encoding="utf-8"))


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
