"""What detectors report: symbols, findings and the classes of message that they speak for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """The class of a message as people see it; says what the content *is*, never what becomes of it.

    Declared from harmless to harmful; ``severity`` is that order.
    """

    CLEAN = "clean"
    BULK = "bulk"
    SPAM = "spam"
    VIOLATION = "violation"
    UNSCANNABLE = "unscannable"
    PHISHING = "phishing"
    MALWARE = "malware"

    @property
    def severity(self) -> int:
        """Rank of the class; higher is worse."""
        return _SEVERITY[self]


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """The stable, upper-case name of something that can be found, with one owner.

    ``verdict`` says what a finding makes of a message: ``None``, SPAM, PHISHING and BULK findings add
    their score to that class (``None`` counts for spam and phishing alike); MALWARE, VIOLATION and
    UNSCANNABLE findings decide the class by themselves.
    """

    name: str
    score: float = 0.0
    """Weight when a finding states none; negative speaks for the message."""
    summary: str = ""
    """What it means, for people, without a full stop."""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A symbol found in one message."""

    symbol: str
    score: float
    evidence: str = ""
    """What was seen, at most 200 characters, safe to show as plain text; no secrets."""
    verdict: Verdict | None = None
    """The class it speaks for, copied from its symbol."""
    recipient: str = ""
    """The folded mailbox that it is about, where it is one user's affair; empty = everybody's."""


MAX_EVIDENCE = 200


def found(symbol: Symbol, evidence: str = "", score: float | None = None) -> Finding:
    """Return a finding of ``symbol``; control characters are taken out of the evidence, the rest cut."""
    shown = evidence[:MAX_EVIDENCE]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)
    weight = symbol.score if score is None else score
    return Finding(symbol.name, weight, shown, symbol.verdict)


COULD_NOT_LOOK = Symbol(
    name="COULD_NOT_LOOK",
    summary="A detector that must look at every message could not",
    verdict=Verdict.UNSCANNABLE,
)
"""Added by the runner when a detector whose card says so fails: never read as clean."""
