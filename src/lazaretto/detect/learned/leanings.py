"""What the tenant's own people said, by releases and reports, of mail like this; see ``core.leanings``.

It moves a message by ``MOST`` at most: clean mail is not stopped by it alone, nor is mail excused that is
phishing for reasons of its own.  Senders count only where somebody vouches for them, so that nobody gains
from writing in the name of somebody who is welcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.leanings import RULE, SENDER, Leaning
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import registered
from lazaretto.detect.freemail import is_freemail
from lazaretto.detect.vouching import is_vouched_for, was_vouched_for
from lazaretto.detect.weights import weighted_symbols
from lazaretto.mail.view import MessageView

MOST: Final = 2.0
"""By how much a message is moved at most, either way."""
SHARE_OF_RULE: Final = 0.5
"""Share of a rule's weight that is taken back where it is always wrong here."""
MOST_RULES: Final = 8
"""Rules of one message about which a report says something: the weightiest."""
LEAST_SCORE: Final = 0.3
PHISHING_AT: Final = 1.0
"""Of what speaks for phishing itself, from which nothing is excused."""
_MODELS: Final = frozenset({"LEARNED_SPAM", "LEARNED_TOGETHER"})

TENANT_WANTED = Symbol(
    name="TENANT_WANTED", summary="People of this tenant said of mail like it that it is wanted"
)
TENANT_UNWANTED = Symbol(
    name="TENANT_UNWANTED", summary="People of this tenant said of mail like it that it is unwanted"
)


class Leanings:
    """Goes by what a tenant's people released and reported."""

    card: ClassVar = DetectorCard(
        # Named so that it comes after the models: what they say may be wrong for this tenant, too.
        name="learned.tenant",
        summary="Goes by what the tenant's own people released and reported",
        service=Service.ANTISPAM,
        symbols=(TENANT_WANTED, TENANT_UNWANTED),
    )

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
        """Report at most one finding, with what it goes by."""
        if tenant is None or not tenant.leanings or facts.leaving is not None:
            return ()
        effects = list(_effects(_senders(message, facts), findings, tenant.leanings))
        total = max(-MOST, min(MOST, sum(effect for _, effect in effects)))
        if total < 0:
            own = sum(each.score for each in findings if each.verdict is Verdict.PHISHING)
            total = 0.0 if own >= PHISHING_AT else total
        if abs(total) < 0.05:
            return ()
        told = "; ".join(words for words, effect in effects if effect * total > 0)
        return (found(TENANT_WANTED if total < 0 else TENANT_UNWANTED, told, round(total, 2)),)


def _effects(
    senders: Sequence[str], findings: Sequence[Finding], leanings: Iterable[Leaning]
) -> Iterator[tuple[str, float]]:
    scores = {each.symbol: each.score for each in findings if _is_rule(each.symbol, each.score, each.verdict)}
    for each in leanings:
        kind, _, name = each.subject.partition(" ")
        if kind == SENDER and name in senders:
            yield f"{name}: {each.people} people", each.degree * MOST
        elif kind == RULE and name in scores and each.degree < 0:
            yield f"{name}: {each.people} people", each.degree * SHARE_OF_RULE * scores[name]


def _senders(message: MessageView, facts: Facts) -> tuple[str, ...]:
    author = message.author
    if author is None or len(message.authors) != 1:
        return ()
    address = str(author.address)
    return (_sender(address),) if is_vouched_for(facts, domain_of(address)) else ()


def _sender(address: str) -> str:
    domain = domain_of(address)
    return fold(address) if is_freemail(domain) else registered(domain)


def _is_rule(symbol: str, score: float, verdict: Verdict | None) -> bool:
    if score < LEAST_SCORE or verdict not in (None, Verdict.SPAM):
        return False
    return symbol in _MODELS or symbol in weighted_symbols()


def subjects_of(facts: Mapping[str, Any], findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what a word about a message is about: its sender, where somebody vouches for it, and its rules.

    ``facts`` are those that the story of a message tells.
    """
    authors = [str(each) for each in facts.get("authors") or ()]
    vouched = len(authors) == 1 and was_vouched_for(facts, domain_of(authors[0]))
    rules = sorted(
        (each for each in findings if _is_rule(each.symbol, each.score, each.verdict)),
        key=lambda each: (-each.score, each.symbol),
    )
    return (
        *([f"{SENDER} {_sender(authors[0])}"] if vouched else []),
        *dict.fromkeys(f"{RULE} {each.symbol}" for each in rules[:MOST_RULES]),
    )
