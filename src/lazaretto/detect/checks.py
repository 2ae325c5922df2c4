"""Small questions about a message, each with its symbol, asked one after the other.

Where a pattern is not enough, a check is a function that returns its evidence.  A detector is a
list of checks with a card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.detect.weights import weight_of
from lazaretto.mail.view import MessageView

Question = Callable[[MessageView, Facts], str | None]
"""Returns evidence (which may be empty) when the answer is yes, None otherwise."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question and the symbol that a yes reports."""

    symbol: Symbol
    question: Question


def check(name: str, summary: str, question: Question, verdict: Verdict | None = None) -> Check:
    """Return a check whose symbol weighs what the table of weights says."""
    return Check(Symbol(name=name, score=weight_of(name), summary=summary, verdict=verdict), question)


def answered(checks: Iterable[Check], message: MessageView, facts: Facts) -> list[Finding]:
    """Return a finding for every check whose answer is yes."""
    findings = []
    for each in checks:
        evidence = each.question(message, facts)
        if evidence is not None:
            findings.append(found(each.symbol, evidence))
    return findings


def symbols_of(checks: Iterable[Check]) -> tuple[Symbol, ...]:
    """Return the symbols of ``checks`` for a card."""
    return tuple(each.symbol for each in checks)
