"""Strangers inside a conversation, and calendars that carry lures.

Whoever has read a stolen mailbox answers in an old thread from a domain that differs by a letter, and
sooner or later names another bank account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import registered
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.freemail import is_freemail
from lazaretto.detect.impersonation.likeness import resembles
from lazaretto.mail.view import MessageView

MAX_TEXT = 30_000
MAX_PARTICIPANTS = 20
_ADDRESS = re.compile(r"[\w.+-]{1,64}@([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5})", re.IGNORECASE)
_QUOTED = re.compile(
    r"^(?:>|(?:from|von|van|de|da)\s*:|-{2,} ?(?:original|ursprungliche|oorspronkelijk|message d)"
    r"|.{0,120}(?:wrote|schrieb|schreef|a écrit)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWERS = re.compile(r"\s*(?:re|aw|sv|antw|fw|fwd|wg|tr|rif)\s*:", re.IGNORECASE)
_NEW_ACCOUNT = re.compile(
    r"(?:new|updated?|chang\w+|different|other) (?:\w+ ){0,2}(?:bank|account|beneficiary)"
    r"|(?:neue|geänderte) (?:bank|konto)|nieuwe? (?:bank|rekening)"
    r"|nouve(?:au|lles?) (?:rib|iban|compte|coordonn)"
    r"|account (?:is|was) (?:under|being) (?:audit|review)",
    re.IGNORECASE,
)
_CALENDAR_LURE = re.compile(
    r"(?:invoice|payment|charged|renew|subscription|refund|paypal|bitcoin|gift ?card|verify|suspend|facture"
    r"|paiement|rechnung|zahlung|factuur|betaling|call (?:us|now|\+?[0-9(]))",
    re.IGNORECASE,
)
_REACHES_OUT = re.compile(r"https?://|\+?[0-9(][0-9 ().-]{9,}")


def _quoted_part(message: MessageView) -> str:
    """Return what a letter that belongs to a thread quotes; empty for others."""
    names = message.header.names
    if "in-reply-to" not in names and "references" not in names and not _ANSWERS.match(message.subject):
        return ""
    text = message.text[:MAX_TEXT]
    start = _QUOTED.search(text)
    return text[start.start() :] if start is not None else ""


def _look_alike_in_thread(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None:
        return None
    home = registered(author.address.domain.lower())
    named = {registered(each[1].lower()) for each in _ADDRESS.finditer(_quoted_part(message))}
    named |= {
        registered(each.address.domain.lower())
        for field in ("to", "cc")
        for each in message.mailboxes(field)[:MAX_PARTICIPANTS]
    }
    if home in named:
        return None
    return next((f"{home} for {other}" for other in sorted(named) if resembles(home, other)), None)


def _bank_change_in_thread(message: MessageView, facts: Facts) -> str | None:
    quoted = _quoted_part(message)
    own = message.text[:MAX_TEXT].removesuffix(quoted) if quoted else ""
    match = _NEW_ACCOUNT.search(own)
    return match[0] if match is not None else None


def _calendar_lure(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    for part in message.leaves:
        if part.content_type != "text/calendar":
            continue
        text = part.text(20_000)
        unknown = (
            author is None or is_freemail(author.address.domain) or facts.dmarc.result is not AuthResult.PASS
        )
        lure = _CALENDAR_LURE.search(text)
        if unknown and lure is not None and _REACHES_OUT.search(text):
            return lure[0]
    return None


CHECKS = (
    check(
        "THREAD_LOOKALIKE_AUTHOR",
        "Answers in a thread from a domain that imitates a participant's",
        _look_alike_in_thread,
        Verdict.PHISHING,
    ),
    check(
        "THREAD_BANK_CHANGE",
        "Changes bank details in the course of a thread",
        _bank_change_in_thread,
        Verdict.PHISHING,
    ),
    check("CALENDAR_LURE", "A calendar invitation carries a lure", _calendar_lure, Verdict.PHISHING),
)


class Threads:
    """Looks for strangers in conversations and calendars."""

    card: ClassVar = DetectorCard(
        name="impersonation.threads",
        summary="Finds strangers who join a conversation, and calendars that carry lures",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
