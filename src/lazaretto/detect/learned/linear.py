"""Asks the learned models what they make of a message, its words, its form and what rules found.

Looks last, at the others' findings as well.  Whether a message is called phishing is left to the
findings that speak for it; the models say wanted or unwanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.learned import trees
from lazaretto.detect.learned.combining import (
    accused_otherwise,
    excuses,
    known_to,
    length_of,
    score_of,
)
from lazaretto.detect.learned.habits import habits_of
from lazaretto.detect.learned.model import Model, shipped
from lazaretto.detect.learned.shape import shape_of
from lazaretto.detect.learned.words import words_of
from lazaretto.detect.weights import weighted_symbols
from lazaretto.mail.view import MessageView

LEARNED_SPAM: Final = Symbol(
    name="LEARNED_SPAM",
    summary="Words and form are those of unwanted mail",
)
LEARNED_HAM: Final = Symbol(name="LEARNED_HAM", summary="Words and form are those of wanted mail")
LEARNED_TOGETHER: Final = Symbol(
    name="LEARNED_TOGETHER",
    summary="The signs together mean more or less than their sum",
)
LEAST_TOLD: Final = 0.1
"""Scores nearer to zero than this say nothing."""
SHOWN: Final = 5


class Linear:
    """Weighs words, form and findings together."""

    card: ClassVar = DetectorCard(
        name="learned.linear",
        summary="Weighs words, form and findings as learned from wanted and unwanted mail",
        service=Service.ANTISPAM,
        symbols=(LEARNED_SPAM, LEARNED_HAM, LEARNED_TOGETHER),
    )

    def __init__(self, model: Model | None = None, forest: trees.Forest | None = None) -> None:
        self._model = model or shipped()
        self._forest = forest or trees.shipped()
        self._symbols = weighted_symbols()

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report nothing: what it says depends on what the others found."""
        return ()

    def combine(
        self,
        message: MessageView,
        facts: Facts,
        findings: Sequence[Finding],
        tenant: TenantSnapshot | None,
    ) -> Sequence[Finding]:
        """Report at most one finding of words and form, with the loudest words, and one of the trees."""
        words, shape = words_of(message), shape_of(message) | habits_of(message)
        known = known_to(findings, self._symbols)
        names = {finding.symbol for finding in findings}
        sum_known = sum(known.values())
        of_words, of_shape = self._model.log_odds(words, shape)
        excuse = excuses(names, shape)
        middle, length = self._model.middle, length_of(shape)
        score = round(score_of(of_words, of_shape, excuse, middle, sum_known, length), 2)
        if accused_otherwise(findings, self._symbols):
            # What the models know nothing of, a borrowed name say, is never excused by them.
            score = max(score, -max(sum_known, 0.0))
        told = []
        if score <= -LEAST_TOLD:
            told.append(found(LEARNED_HAM, score=score))
        elif score >= LEAST_TOLD:
            told.append(found(LEARNED_SPAM, self._evidence(words), score=score))
        values = forest_values(names & self._symbols, of_words, of_shape, sum_known, length, excuse)
        shift = round(self._forest.shift(values), 2)
        # Nobody is accused by trees alone: they correct sums, and a sum near zero needs no correction.
        if abs(shift) >= LEAST_TOLD and sum_known + score > 1:
            told.append(found(LEARNED_TOGETHER, score=shift))
        return tuple(told)

    def _evidence(self, words: set[str]) -> str:
        loudest = self._model.strongest(words, SHOWN)
        return ", ".join(dict.fromkeys(word.removeprefix("s:") for word in loudest))


def forest_values(
    names: set[str], words: float, shape: float, known: float, length: int, excuse: float
) -> dict[str, float]:
    """Return the values of one message by the names that trees know them by."""
    values = dict.fromkeys(names, 1.0)
    values |= {"#words": words, "#shape": shape, "#known": known, "#length": length, "#excuse": excuse}
    return values
