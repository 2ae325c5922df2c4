"""Asks the learned model what it thinks of a message's words and form.

One model, one score; whether it is called phishing depends on what else the message does: a lure
asks for a click, an answer or a file, and speaks of accounts, payments or documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.learned.model import Model, shipped
from lazaretto.detect.learned.shape import shape_of
from lazaretto.detect.learned.words import words_of
from lazaretto.mail.view import MessageView

LEARNED_SPAM: Final = Symbol(
    name="LEARNED_SPAM",
    summary="Words and form are those of unwanted mail",
)
LEARNED_HAM: Final = Symbol(name="LEARNED_HAM", summary="Words and form are those of wanted mail")
LEAST_TOLD: Final = 0.3
"""Scores nearer to zero than this say nothing."""
SHOWN: Final = 5


class Linear:
    """Weighs the words and the form of a message."""

    card: ClassVar = DetectorCard(
        name="learned.linear",
        summary="Weighs words and form as learned from wanted and unwanted mail",
        service=Service.ANTISPAM,
        symbols=(LEARNED_SPAM, LEARNED_HAM),
    )

    def __init__(self, model: Model | None = None) -> None:
        self._model = model or shipped()

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding, with the words that weighed most."""
        words, shape = words_of(message), shape_of(message)
        score = round(self._model.score(words, shape), 2)
        if abs(score) < LEAST_TOLD:
            return ()
        if score < 0:
            return (found(LEARNED_HAM, score=score),)
        return (found(LEARNED_SPAM, self._evidence(words), score=score),)

    def _evidence(self, words: set[str]) -> str:
        loudest = self._model.strongest(words, SHOWN)
        return ", ".join(dict.fromkeys(word.removeprefix("s:") for word in loudest))
