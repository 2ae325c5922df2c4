"""The text rules as one detector."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.content.rules import rules
from lazaretto.detect.content.ruleset import RuleSet
from lazaretto.detect.content.texts import texts_of
from lazaretto.mail.view import MessageView


class Phrases:
    """Holds the text rules against subject, text, HTML, header and links."""

    card: ClassVar = DetectorCard(
        name="content.phrases",
        summary="Finds the phrases of spam, fraud and phishing",
        service=Service.ANTISPAM,
        symbols=tuple(rule.symbol for rule in rules()),
    )

    def __init__(self) -> None:
        self._symbols = {symbol.name: symbol for symbol in self.card.symbols}
        _compiled()

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report one finding for each rule that holds."""
        hits = _compiled().hits(texts_of(message))
        return tuple(found(self._symbols[hit.rule.name], hit.evidence) for hit in hits)


@cache
def _compiled() -> RuleSet:
    """Compile once for each process, before the first message, not while it waits."""
    return RuleSet(rules())
