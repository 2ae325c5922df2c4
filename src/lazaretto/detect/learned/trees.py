"""Boosted trees as text, and their evaluation without any library.

Small trees over the presence of findings and a few numbers correct what the plain sum gets wrong:
that two signs together mean more, or less, than each by itself.  Their word is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.learned.model import checksum, opened

FORMAT: Final = 1
SHIPPED: Final = "boosted.txt"
BOUND: Final = 0.3
"""Log-odds by which the trees may move a message, either way."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; children below zero are leaves, counted from -1."""

    features: tuple[int, ...]
    limits: tuple[float, ...]
    at_most: tuple[int, ...]
    """The child for values that do not exceed the limit."""
    above: tuple[int, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """All trees, and the names of the features that they ask for."""

    version: str
    features: tuple[str, ...]
    middle: float
    """Subtracted from the sum, so that most mail is not moved at all."""
    trees: tuple[Tree, ...]

    def shift(self, values: Mapping[str, float]) -> float:
        """Return by how much a message with ``values`` moves; a feature that is not there is 0."""
        row = [values.get(name, 0.0) for name in self.features]
        total = -self.middle
        for tree in self.trees:
            node, features, limits = 0, tree.features, tree.limits
            while node >= 0:
                node = tree.at_most[node] if row[features[node]] <= limits[node] else tree.above[node]
            total += tree.leaves[-node - 1]
        return max(-BOUND, min(BOUND, total))


def written(forest: Forest) -> str:
    """Return the text of ``forest``; the same for the same forest."""
    body = "".join(
        json.dumps([tree.features, tree.limits, tree.at_most, tree.above, tree.leaves]) + "\n"
        for tree in forest.trees
    )
    head = {
        "format": FORMAT,
        "version": forest.version,
        "middle": forest.middle,
        "features": forest.features,
        "sha256": checksum(body),
    }
    return f"{json.dumps(head)}\n{body}"


def read(text: str) -> Forest:
    """Return the forest that ``text`` holds; raises ``ConfigurationError`` when it is damaged."""
    head, body = opened(text, FORMAT, "forest")
    try:
        return Forest(
            version=str(head["version"]),
            features=tuple(map(str, head["features"])),
            middle=float(head["middle"]),
            trees=tuple(
                Tree(*(tuple(part) for part in json.loads(line))) for line in body.split("\n") if line
            ),
        )
    except (ValueError, KeyError, TypeError) as failure:
        raise ConfigurationError(f"the forest cannot be read: {failure}") from failure


@cache
def shipped() -> Forest:
    """Return the forest that comes with the product."""
    return read(knowledge(f"learned/{SHIPPED}").read_text(encoding="utf-8"))
