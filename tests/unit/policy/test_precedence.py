"""Whose word counts, over all pairs and sets of blocks, approvals, engines and other services."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.decision import Decision, Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import Condition, Rule, TenantSnapshot
from lazaretto.policy.judging import judge
from lazaretto.policy.precedence import Standing, standing_of, waived

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
ANN, BOB = "ann@customer.example", "bob@customer.example"
SYMBOLS = {
    Standing.ADMINISTRATORS_BLOCK: "SENDER_BLOCKED_ADDRESS",
    Standing.ADMINISTRATORS_APPROVAL: "SENDER_APPROVED_ADDRESS",
    Standing.USERS_BLOCK: "SENDER_BLOCKED_BY_USER",
    Standing.USERS_APPROVAL: "SENDER_APPROVED_BY_USER",
    Standing.ENGINE: "SPAMMY",
    Standing.OTHER_SERVICE: "FROM_PROTECTED_NAME",
}
PERSONAL = (Standing.USERS_BLOCK, Standing.USERS_APPROVAL)
APPROVING = (Standing.ADMINISTRATORS_APPROVAL, Standing.USERS_APPROVAL)
SPEAKING = tuple(each for each in SYMBOLS if each not in APPROVING)


def a_rule(standing: Standing, disposition: Disposition) -> Rule:
    if standing is Standing.MALWARE:
        when = Condition(verdicts=frozenset({Verdict.MALWARE}))
    else:
        when = Condition(symbols=frozenset({SYMBOLS[standing]}))
    return Rule(
        name=standing.name,
        setting=standing.name,
        when=when,
        disposition=disposition,
        approval_waives=standing in (Standing.ENGINE, Standing.USERS_BLOCK),
    )


def a_finding(standing: Standing, verdict: Verdict | None = None) -> Finding:
    if standing is Standing.MALWARE:
        return Finding("EICAR", 0.0, "", Verdict.MALWARE)
    recipient = BOB if standing in PERSONAL else ""
    return Finding(SYMBOLS[standing], 0.0, "x.example", verdict, recipient)


def decided(rules: dict[Standing, Disposition], *findings: Finding, who: str = BOB) -> Decision:
    snapshot = TenantSnapshot(
        tenant=TenantId(1),
        name="acme",
        version=1,
        domains={"customer.example": ()},
        rules=tuple(a_rule(standing, disposition) for standing, disposition in rules.items()),
    )
    judged = judge(findings, FACTS, snapshot, (ANN, BOB), Direction.INBOUND)
    return next(each for each in judged.decisions if who in each.recipients)


@pytest.mark.parametrize("standing", [each for each in Standing if each not in APPROVING])
def test_a_rule_is_known_by_what_it_asks_for(standing: Standing) -> None:
    rule = a_rule(standing, Disposition.DELETE)

    assert standing_of(rule, is_malware=standing is Standing.MALWARE) is standing


@pytest.mark.parametrize(("one", "other"), list(product(Standing, Standing)))
def test_of_any_two_words_the_stronger_list_decides_which_counts(one: Standing, other: Standing) -> None:
    """The table of the service description, pair by pair."""
    taken = waived({one, other}, is_phishing=False)
    strongest = min(one, other)

    if strongest is Standing.MALWARE:
        assert taken == frozenset(Standing) - {Standing.MALWARE}
        return
    # No list touches other services or a stronger word, and only an approval takes engines away.
    assert Standing.OTHER_SERVICE not in taken
    assert strongest not in taken
    assert (Standing.ENGINE in taken) == (strongest in APPROVING)
    if strongest is Standing.ADMINISTRATORS_BLOCK:
        assert taken.issuperset(APPROVING)
    if strongest is Standing.USERS_BLOCK:
        assert Standing.USERS_APPROVAL in taken


@pytest.mark.parametrize("approval", APPROVING)
@pytest.mark.parametrize("standing", SPEAKING)
@pytest.mark.parametrize("wanted", [Disposition.QUARANTINE, Disposition.REJECT])
def test_an_approval_takes_away_weaker_list_words_and_engines_only(
    approval: Standing, standing: Standing, wanted: Disposition
) -> None:
    decision = decided({standing: wanted}, a_finding(approval), a_finding(standing))

    taken = standing is Standing.ENGINE or (
        standing is Standing.USERS_BLOCK and approval is Standing.ADMINISTRATORS_APPROVAL
    )
    assert decision.disposition is (Disposition.DELIVER if taken else wanted)


@pytest.mark.parametrize("approval", APPROVING)
def test_a_block_of_an_administrator_takes_the_approval_away(approval: Standing) -> None:
    """The approval then leaves the engines on: the most severe word wins again."""
    rules = {Standing.ADMINISTRATORS_BLOCK: Disposition.QUARANTINE, Standing.ENGINE: Disposition.REJECT}
    findings = (a_finding(Standing.ADMINISTRATORS_BLOCK), a_finding(Standing.ENGINE), a_finding(approval))

    assert decided(rules, *findings).disposition is Disposition.REJECT


def test_a_users_approval_never_covers_phishing() -> None:
    phishing = Finding("SPAMMY", 9.0, "", Verdict.PHISHING)

    decision = decided(
        {Standing.ENGINE: Disposition.QUARANTINE}, phishing, a_finding(Standing.USERS_APPROVAL)
    )

    assert decision.disposition is Disposition.QUARANTINE


def test_a_users_list_counts_for_that_user_alone() -> None:
    rules = {Standing.ENGINE: Disposition.QUARANTINE}
    findings = (a_finding(Standing.ENGINE), a_finding(Standing.USERS_APPROVAL))

    assert decided(rules, *findings, who=BOB).disposition is Disposition.DELIVER
    assert decided(rules, *findings, who=ANN).disposition is Disposition.QUARANTINE


WORDS = st.sets(st.sampled_from([each for each in Standing if each is not Standing.MALWARE]))
WISHES = st.dictionaries(st.sampled_from(SPEAKING), st.sampled_from(list(Disposition)))


@settings(deadline=None)
@given(words=WORDS, wishes=WISHES)
def test_what_applies_is_decided_by_the_most_severe(
    words: set[Standing], wishes: dict[Standing, Disposition]
) -> None:
    decision = decided(wishes, *map(a_finding, words))

    acting = {each for each in words & set(wishes) if wishes[each] is not Disposition.DELIVER}
    taken = waived(acting | (words & set(APPROVING)), is_phishing=False)
    applying = [wishes[each] for each in words & set(wishes) if each not in taken]
    assert decision.disposition is max(applying, default=Disposition.DELIVER)


@settings(deadline=None)
@given(words=WORDS, wishes=WISHES)
def test_malware_is_final_beside_all_other_words(
    words: set[Standing], wishes: dict[Standing, Disposition]
) -> None:
    rules = {**wishes, Standing.MALWARE: Disposition.DELETE}

    decision = decided(rules, a_finding(Standing.MALWARE), *map(a_finding, words))

    assert decision.disposition is Disposition.DELETE


@settings(deadline=None)
@given(words=WORDS, wishes=WISHES)
def test_an_approval_more_never_makes_a_fate_harder(
    words: set[Standing], wishes: dict[Standing, Disposition]
) -> None:
    without = decided(wishes, *map(a_finding, words - {Standing.ADMINISTRATORS_APPROVAL}))
    approved = decided(wishes, *map(a_finding, words | {Standing.ADMINISTRATORS_APPROVAL}))

    assert approved.disposition <= without.disposition
