"""The shipped model: a text file of weights, with a checksum over it and its measured meaning.

The first line is a JSON object, every other line a feature, a tab and its weight, sorted: first the
words, then form and habits.  Text, for people can read it, differences show, and reading it runs no
code.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.learned.linear_fit import Fit

FORMAT: Final = 2
SHIPPED: Final = "linear.txt"
WORD_SHARE: Final = 0.4
SHAPE_SHARE: Final = 0.4
"""What the log-odds of words and of form count in the sum: both repeat in part what rules know."""
LARGEST: Final = 6.0
"""Log-odds beyond this, either way, count as this much."""
LOWEST: Final = -4.0
"""A text full of harmless words excuses what rules raised, never more."""
HIGHEST: Final = 7.0
_MARK: Final = "#shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights and what they mean together."""

    version: str
    words: Fit
    shape: Fit
    middle: float
    """Log-odds that say nothing: the score is 0.  Chosen on mail that the weights did not see."""
    slope: float = 1.0
    offset: float = -5.0
    """Turn the score of a message into log-odds, in a world of as much wanted as unwanted mail."""

    def probability(self, score: float) -> float:
        """Return how probable it is that a message with this ``score`` is unwanted, held-out mail told."""
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, self.slope * score + self.offset))))

    def log_odds(self, words: Iterable[str], shape: Iterable[str]) -> tuple[float, float]:
        """Return the log-odds that words and form of a message are those of unwanted mail."""
        return self.words.of_words(words), self.shape.of(shape)

    def strongest(self, names: Iterable[str], most: int) -> list[str]:
        """Return the words among ``names`` that speak loudest against the message."""
        weights = self.words.weights
        known = sorted((-weights[name], name) for name in names if weights.get(name, 0.0) > 0)
        return [name for _, name in known[:most]]


def joined(words: float, shape: float) -> float:
    """Return what the log-odds of ``words`` and ``shape`` come to together."""
    return WORD_SHARE * _bounded(words) + SHAPE_SHARE * _bounded(shape)


def _bounded(log_odds: float) -> float:
    return max(-LARGEST, min(LARGEST, log_odds))


def written(model: Model) -> str:
    """Return the text of ``model``; the same for the same model."""
    body = f"{_lines(model.words)}{_MARK}\n{_lines(model.shape)}"
    head = {
        "format": FORMAT,
        "version": model.version,
        "words": model.words.bias,
        "shape": model.shape.bias,
        "middle": model.middle,
        "slope": model.slope,
        "offset": model.offset,
        "sha256": checksum(body),
    }
    return f"{json.dumps(head)}\n{body}"


def read(text: str) -> Model:
    """Return the model that ``text`` holds; raises ``ConfigurationError`` when it is damaged."""
    head, body = opened(text, FORMAT, "model")
    try:
        words, _, shape = body.partition(f"{_MARK}\n")
        return Model(
            version=str(head["version"]),
            words=Fit(weights=_weights(words), bias=float(head["words"])),
            shape=Fit(weights=_weights(shape), bias=float(head["shape"])),
            middle=float(head["middle"]),
            slope=float(head["slope"]),
            offset=float(head["offset"]),
        )
    except (ValueError, KeyError, TypeError) as failure:
        raise ConfigurationError(f"the model cannot be read: {failure}") from failure


def opened(text: str, expected: int, what: str) -> tuple[dict[str, Any], str]:
    """Return head and body of a file of this kind; raises ``ConfigurationError`` when it is damaged."""
    first, _, body = text.partition("\n")
    try:
        head = json.loads(first)
        whole = head["format"] == expected and head["sha256"] == checksum(body)
    except (ValueError, KeyError, TypeError) as failure:
        raise ConfigurationError(f"the {what} cannot be read: {failure}") from failure
    if not whole:
        raise ConfigurationError(f"the {what}'s checksum or format is wrong; install it again")
    return head, body


@cache
def shipped() -> Model:
    """Return the model that comes with the product."""
    return read(knowledge(f"learned/{SHIPPED}").read_text(encoding="utf-8"))


def checksum(body: str) -> str:
    """Return the checksum that stands in the head of a file with this ``body``."""
    return hashlib.sha256(body.encode()).hexdigest()


def _lines(fitted: Fit) -> str:
    return "".join(f"{name}\t{value:g}\n" for name, value in sorted(fitted.weights.items()))


def _weights(body: str) -> dict[str, float]:
    lines = (line.rpartition("\t") for line in body.split("\n") if line)
    return {name: float(value) for name, _, value in lines}
