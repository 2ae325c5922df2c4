"""Whether the author of a message has written to the tenant, or to this recipient, before.

Most mail comes from people whom somebody here knows.  That somebody is unknown accuses nobody; a stranger who
borrows a known name, is in a hurry or talks of money does.  Authors for whom somebody vouches and authors for
whom nobody does are two different acquaintances, so that a forger of a partner's address is a stranger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Acquaintance, Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.vouching import is_vouched_for
from lazaretto.mail.view import MessageView

FIRST_CONTACT = Symbol(
    name="FIRST_CONTACT",
    summary="Its author has not written to anybody here before, and nobody here to its author",
)
FIRST_CONTACT_RECIPIENT = Symbol(
    name="FIRST_CONTACT_RECIPIENT",
    summary="Its author is known here, and writes to this recipient for the first time",
)
FIRST_CONTACT_LURE = Symbol(
    name="FIRST_CONTACT_LURE",
    score=1.5,
    summary="A stranger who borrows a known name, is in a hurry or asks for money",
    verdict=Verdict.PHISHING,
)
LURES: Final = (
    "FROM_PROTECTED_NAME",
    "FROM_COLLEAGUE_NAME",
    "REPLY_TO_PROTECTED_NAME",
    "FROM_NAME_OTHER_ADDRESS",
    "FROM_NAMES_RECIPIENT",
    "FROM_LOOKALIKE_DOMAIN",
    "FROM_BRAND_",
    "BRAND_IN_SENDER_NAME",
    "BEC_",
    "BANK_DETAILS_CHANGED",
    "THREAD_BANK_CHANGE",
    "THREAD_LOOKALIKE_AUTHOR",
    "CHIEF_NEEDS_FAVOUR",
    "GIFT_CARD_FAVOUR",
    "URGENCY_AND_MONEY",
    "PAYMENT_STATUS_ASKED",
)
"""What borrowed names, hurry and money are told by: beginnings of symbols."""


class FirstContact:
    """Tells strangers from acquaintances, and what makes a stranger suspicious."""

    card: ClassVar = DetectorCard(
        name="impersonation.first-contact",
        summary="Finds authors who write for the first time, and strangers in a hurry",
        service=Service.ANTISPAM,
        symbols=(FIRST_CONTACT, FIRST_CONTACT_RECIPIENT, FIRST_CONTACT_LURE),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report that the author is a stranger to the tenant, or to which recipients it is one."""
        acquaintance = _of(facts, tenant)
        author = message.author
        if acquaintance is None or author is None:
            return ()
        known = set(acquaintance.vouched if _is_vouched(message, facts) else ())
        known |= set(acquaintance.claimed)
        if "" not in known:
            return (found(FIRST_CONTACT, str(author.address)),)
        return tuple(_personal(acquaintance, known, str(author.address)))

    def combine(
        self,
        message: MessageView,
        facts: Facts,
        findings: Sequence[Finding],
        tenant: TenantSnapshot | None,
    ) -> Sequence[Finding]:
        """Report what a stranger does that strangers should not."""
        if not any(each.symbol == FIRST_CONTACT.name for each in self.look(message, facts, tenant)):
            return ()
        lures = sorted({each.symbol for each in findings if each.symbol.startswith(LURES) and each.score > 0})
        return (found(FIRST_CONTACT_LURE, ", ".join(lures)),) if lures else ()


def _of(facts: Facts, tenant: TenantSnapshot | None) -> Acquaintance | None:
    if tenant is None:
        return None
    return next((each for each in facts.acquaintances if each.tenant == tenant.tenant), None)


def _is_vouched(message: MessageView, facts: Facts) -> bool:
    author = message.author
    return author is not None and is_vouched_for(facts, author.address.domain)


def _personal(acquaintance: Acquaintance, known: set[str], author: str) -> Iterator[Finding]:
    for mailbox in acquaintance.asked:
        if mailbox not in known:
            yield replace(found(FIRST_CONTACT_RECIPIENT, author), recipient=mailbox)
