"""Signs of a real conversation, which speak for a message; each is worth little, for all can be forged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.address import domain_of
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.view import MessageView

LONG = 5_000
"""Characters of visible text."""
_QUOTED_LINE = re.compile(r"^>", re.M)
_TRANSACTION = re.compile(
    r"\b(?:your (?:order|booking|reservation|receipt|verification code|one[- ]time|ticket)"
    r"|order (?:confirmation|number|#)|verification code|one-time (?:code|password)|booking confirmation"
    r"|votre (?:commande|reservation|réservation|code)|uw (?:bestelling|boeking|code)"
    r"|ihre (?:bestellung|buchung)|ihr code)\b",
    re.I,
)


def _threaded_answer(message: MessageView, facts: Facts) -> str | None:
    if message.first("in-reply-to") is None and message.first("references") is None:
        return None
    quoted = len(_QUOTED_LINE.findall(message.text[:20_000]))
    return f"{quoted} quoted lines" if quoted > 3 else None


def _long_text(message: MessageView, facts: Facts) -> str | None:
    """A long text holds many words, and some of them are a rule's by chance."""
    length = max(len(message.html.visible), sum(map(len, message.texts)))
    return f"{length} characters" if length > LONG else None


def _vouched_transaction(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None or facts.dmarc.result is not AuthResult.PASS:
        return None
    if domain_of(str(author.address)) != facts.dmarc.domain:
        return None
    match = _TRANSACTION.search(message.subject) or _TRANSACTION.search(message.text[:2000])
    return match[0] if match else None


CHECKS = (
    check("TEXT_LONG", "Is long, so that some suspicious words are there by chance", _long_text),
    check("THREAD_ANSWER", "Answers within a thread, with quotations", _threaded_answer),
    check(
        "TRANSACTION_VOUCHED", "An authenticated sender writes about an order or a code", _vouched_transaction
    ),
)


class Conversation:
    """Asks whether a message belongs to something that was going on."""

    card: ClassVar = DetectorCard(
        name="content.conversation",
        summary="Finds signs of a real conversation or transaction",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
