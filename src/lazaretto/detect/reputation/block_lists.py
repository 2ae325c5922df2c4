"""What block lists say about the client and the domains of a message.

Weights add up: from 1 on the lists are believed, below it they only add to what else was found.
Each list counts once, however many of its entries match.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts, Listing
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.reputation.settings import Meaning
from lazaretto.mail.view import MessageView

ENOUGH = 1.0
SCORE_OF_ONE = 3.0
"""What lists that together are just not enough add to the score."""

CLIENT_BLOCK_LISTED = Symbol(
    name="CLIENT_BLOCK_LISTED", summary="The sender stands on public block lists that are believed"
)
CLIENT_LISTED_WEAKLY = Symbol(
    name="CLIENT_LISTED_WEAKLY",
    score=1.0,
    summary="The sender stands on block lists, which are not enough alone",
    verdict=Verdict.SPAM,
)
CLIENT_DYNAMIC_IP = Symbol(
    name="CLIENT_DYNAMIC_IP", summary="The message came straight from an address of home connections"
)


class Listed:
    """Weighs the lists on which client and domains stand."""

    card: ClassVar = DetectorCard(
        name="reputation.block-lists",
        summary="Finds senders that public block lists, or the operator's own, list",
        service=Service.ANTISPAM,
        symbols=(CLIENT_BLOCK_LISTED, CLIENT_LISTED_WEAKLY, CLIENT_DYNAMIC_IP),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding about block lists and one about dynamic addresses."""
        findings = []
        listed = [each for each in facts.listings if each.meaning == Meaning.LISTED.value]
        weight = _weight(listed)
        if weight >= ENOUGH:
            findings.append(found(CLIENT_BLOCK_LISTED, _words(listed)))
        elif listed:
            findings.append(found(CLIENT_LISTED_WEAKLY, _words(listed), score=weight * SCORE_OF_ONE))
        dynamic = [each for each in facts.listings if each.meaning == Meaning.DYNAMIC.value]
        if _weight(dynamic) >= ENOUGH:
            findings.append(found(CLIENT_DYNAMIC_IP, _words(dynamic)))
        return findings


def _weight(listings: Iterable[Listing]) -> float:
    by_list: dict[str, float] = {}
    for each in listings:
        by_list[each.list] = max(each.weight, by_list.get(each.list, 0.0))
    # Rounded, so that five tenths and five tenths are one.
    return round(sum(by_list.values()), 6)


def _words(listings: Sequence[Listing]) -> str:
    return ", ".join(f"{each.subject} on {each.list}" for each in listings)
