"""What a tenant's people say of mail moves it a little, and nobody can make it move more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import AuthResult, Dmarc, Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import LIFETIME, Leaning, Vote, leaning_of
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS, TenantSnapshot
from lazaretto.detect.learned.leanings import MOST, Leanings, subjects_of
from lazaretto.detect.weights import weighted_symbols
from lazaretto.mail.scanner import view_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TENANT = TenantSnapshot(tenant=TenantId(7), name="customer", version=1, domains={})
MESSAGE = view_of(b"From: Eve <eve@mail.partner.example>\r\nSubject: hi\r\n\r\nhello\r\n")
FACTS = Facts(
    received_at=NOW,
    client=Client(ip="192.0.2.1"),
    dmarc=Dmarc(result=AuthResult.PASS, domain="mail.partner.example"),
)
CASINO = Finding("CASINO_OFFER", 2.0)


def votes(wanted: int, unwanted: int = 0, *, days: int = 0) -> list[Vote]:
    at = NOW - timedelta(days=days)
    return [Vote(True, at)] * wanted + [Vote(False, at)] * unwanted


def degree(said: Sequence[Vote]) -> float:
    leaning = leaning_of("sender partner.example", said, NOW)
    return leaning.degree if leaning is not None else 0.0


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_people_decide_nothing(number: int) -> None:
    assert degree(votes(number)) == 0
    assert degree(votes(0, number)) == 0


def test_more_people_weigh_more_and_never_more_than_whole() -> None:
    grades = [degree(votes(number)) for number in range(3, 12)]

    assert grades[0] < 0 and grades == sorted(grades, reverse=True)
    assert min(grades) == -1 and grades[-1] == -1


def test_whoever_disagrees_weighs_twice() -> None:
    assert degree(votes(4, 1)) == 0 and degree(votes(5, 1)) < 0
    assert degree(votes(3, 3)) == 0


def test_votes_fade_and_are_forgotten() -> None:
    fresh, older = degree(votes(6)), degree(votes(6, days=50))
    faded = degree(votes(6, days=LIFETIME.days - 1))
    reborn = degree(votes(50, days=LIFETIME.days))

    assert fresh < older < 0
    assert faded == reborn == 0


def test_a_vote_of_tomorrow_is_worth_one() -> None:
    assert degree(votes(3, days=-400)) == degree(votes(3))


def moved(
    *leanings: Leaning, findings: Sequence[Finding] = (), facts: Facts = FACTS, message=MESSAGE
) -> dict[str, float]:
    tenant = replace(TENANT, leanings=leanings)
    return {each.symbol: each.score for each in Leanings().combine(message, facts, findings, tenant)}


def said(subject: str, degree: float) -> Leaning:
    return Leaning(subject=subject, degree=degree, people=4)


def test_a_welcome_sender_is_excused_and_an_unwelcome_one_accused() -> None:
    assert moved(said("sender partner.example", -1)) == {"TENANT_WANTED": -MOST}
    assert moved(said("sender partner.example", 0.5)) == {"TENANT_UNWANTED": MOST / 2}
    assert moved(said("sender other.example", -1)) == {}


def test_a_rule_that_is_wrong_here_loses_half_its_weight_at_most() -> None:
    assert moved(said("rule CASINO_OFFER", -1), findings=[CASINO]) == {"TENANT_WANTED": -1.0}
    assert moved(said("rule CASINO_OFFER", 1), findings=[CASINO]) == {}


def test_whoever_writes_in_the_name_of_a_welcome_sender_is_not_excused() -> None:
    forged = replace(FACTS, dmarc=Dmarc(result=AuthResult.FAIL, domain="mail.partner.example"))

    assert moved(said("sender partner.example", -1), facts=forged) == {}


def test_of_a_free_provider_single_mailboxes_are_welcome() -> None:
    message = view_of(b"From: eve@gmail.com\r\n\r\nhello\r\n")

    assert moved(said("sender gmail.com", -1), message=message) == {}
    assert moved(said("sender eve@gmail.com", -1), message=message) == {"TENANT_WANTED": -MOST}


def test_phishing_is_excused_for_nobody() -> None:
    lure = Finding("FROM_PROTECTED_NAME", 6.0, verdict=Verdict.PHISHING)

    assert moved(said("sender partner.example", -1), findings=[lure]) == {}
    assert moved(said("sender partner.example", 1), findings=[lure]) == {"TENANT_UNWANTED": MOST}


def test_whatever_people_say_is_bounded() -> None:
    """However many subjects agree, the sum stays where clean mail is not stopped by it alone."""
    symbols = sorted(weighted_symbols())[:300]
    found = [Finding(symbol, 3.0) for symbol in symbols]
    everything = [said(f"rule {symbol}", -1) for symbol in symbols] + [said("sender partner.example", -1)]

    assert moved(*everything, findings=found) == {"TENANT_WANTED": -MOST}
    assert DEFAULT_THRESHOLDS["spam"] / 2 > MOST


def test_the_explanation_names_what_it_goes_by() -> None:
    tenant = replace(TENANT, leanings=(said("sender partner.example", -1),))

    (finding,) = Leanings().combine(MESSAGE, FACTS, (), tenant)

    assert finding.evidence == "partner.example: 4 people"


def test_a_report_is_about_the_sender_that_is_vouched_for_and_the_rules_that_accused() -> None:
    told = {"authors": ["eve@mail.partner.example"], "dmarc": {"result": "pass"}}
    found = [
        CASINO,
        Finding("LEARNED_SPAM", 3.0),
        Finding("LEARNED_HAM", -1.0),
        Finding("SIGNATURE_SPAM", 6.0, verdict=Verdict.SPAM),
        Finding("FROM_PROTECTED_NAME", 6.0, verdict=Verdict.PHISHING),
    ]

    assert subjects_of(told, found) == ("sender partner.example", "rule LEARNED_SPAM", "rule CASINO_OFFER")
    assert subjects_of({**told, "dmarc": {"result": "fail"}}, ()) == ()
