"""What is wrong with the form of a message, by how much that means.

Mail is malformed every day and honest for all that: most anomalies only tell something to rules.
An *ambiguous* one is another matter: mail clients disagree about what the message contains, and no
honest program writes such a thing.  A *limit* means that a part of the message was not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

MAX_EVIDENCE = 120
MAX_SAME = 5
"""Anomalies of one name that are kept; a message of a million faults has no more to tell."""


class Grade(Enum):
    """What an anomaly means."""

    MALFORMED = "malformed"
    """Against the standards, yet all readers agree well enough."""
    AMBIGUOUS = "ambiguous"
    """Readers see different content."""
    LIMIT = "limit"
    """Something was not looked at."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that is wrong, with what was seen."""

    name: str
    evidence: str
    grade: Grade = Grade.MALFORMED

    @property
    def ambiguous(self) -> bool:
        """Tell whether readers of the message disagree about its content."""
        return self.grade is Grade.AMBIGUOUS

    def __iter__(self) -> Iterator[str]:
        """Yield name and evidence, so that an anomaly can be taken apart like a pair."""
        yield self.name
        yield self.evidence


class Anomalies:
    """Collects the anomalies of one message, a few of each name."""

    __slots__ = ("_count", "_noted")

    def __init__(self) -> None:
        self._noted: list[Anomaly] = []
        self._count: Counter[str] = Counter()

    def malformed(self, name: str, evidence: str | bytes = "") -> None:
        """Note what is against the standards and harmless."""
        self._note(name, evidence, Grade.MALFORMED)

    def ambiguous(self, name: str, evidence: str | bytes = "") -> None:
        """Note what readers disagree about."""
        self._note(name, evidence, Grade.AMBIGUOUS)

    def limit(self, name: str, evidence: str | bytes = "") -> None:
        """Note that ``LIMIT_<name>`` was reached."""
        self._note(f"LIMIT_{name}", evidence, Grade.LIMIT)

    def _note(self, name: str, evidence: str | bytes, grade: Grade) -> None:
        self._count[name] += 1
        if self._count[name] <= MAX_SAME:
            self._noted.append(Anomaly(name, _shown(evidence), grade))

    @property
    def noted(self) -> tuple[Anomaly, ...]:
        """All that was kept, each once, in the order in which it was noted."""
        return tuple(dict.fromkeys(self._noted))


def _shown(evidence: str | bytes) -> str:
    text = (
        evidence[:MAX_EVIDENCE].decode("latin-1") if isinstance(evidence, bytes) else evidence[:MAX_EVIDENCE]
    )
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
