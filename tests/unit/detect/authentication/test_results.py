"""Each outcome has its finding, and who sent a message hardly says what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Arc, AuthResult, Dkim, Dmarc, Facts, Spf
from lazaretto.detect.authentication.results import AuthenticationResults

BARE = Facts(received_at=datetime(2026, 9, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
PASS, FAIL, TEMPERROR = AuthResult.PASS, AuthResult.FAIL, AuthResult.TEMPERROR


def symbols(facts: Facts) -> list[str]:
    return [finding.symbol for finding in AuthenticationResults().look(None, facts, None)]  # type: ignore[arg-type]


def test_nothing_known_is_no_more_than_an_absent_signature() -> None:
    assert symbols(BARE) == ["DKIM_NONE"]


@pytest.mark.parametrize("result", [r for r in AuthResult if r is not AuthResult.POLICY])
def test_each_spf_result_has_its_symbol(result: AuthResult) -> None:
    facts = replace(BARE, spf=Spf(result=result, domain="a.example"))

    assert f"SPF_{result.name}" in symbols(facts)


@pytest.mark.parametrize(
    ("results", "symbol"),
    [
        ([FAIL, PASS], "DKIM_PASS"),
        ([FAIL, TEMPERROR], "DKIM_TEMPERROR"),
        ([AuthResult.PERMERROR, FAIL], "DKIM_FAIL"),
        ([AuthResult.NONE, AuthResult.POLICY], "DKIM_PARTIAL_BODY"),
        ([AuthResult.PERMERROR], "DKIM_PERMERROR"),
    ],
)
def test_the_best_signature_is_reported(results: list[AuthResult], symbol: str) -> None:
    assert symbols(replace(BARE, dkim=tuple(Dkim(result=r, domain="a.example") for r in results))) == [symbol]


def test_a_signature_that_leaves_fields_open_is_noted() -> None:
    weak = Dkim(result=PASS, domain="a.example", unsigned=("subject",))
    strong = Dkim(result=PASS, domain="a.example")

    assert symbols(replace(BARE, dkim=(weak,))) == ["DKIM_PASS", "DKIM_WEAK_COVERAGE"]
    assert symbols(replace(BARE, dkim=(weak, strong))) == ["DKIM_PASS"]


@pytest.mark.parametrize(
    ("dmarc", "expected"),
    [
        (Dmarc(result=PASS, domain="a.example"), ["DMARC_PASS"]),
        (Dmarc(result=FAIL, domain="a.example", policy="reject"), ["DMARC_FAIL_REJECT"]),
        (Dmarc(result=FAIL, domain="a.example", policy="quarantine"), ["DMARC_FAIL_QUARANTINE"]),
        (Dmarc(result=FAIL, domain="a.example", policy="none"), ["DMARC_FAIL_NONE"]),
        (Dmarc(domain="a.example"), ["DMARC_NONE"]),
        (Dmarc(result=TEMPERROR, domain="a.example"), ["DMARC_TEMPERROR"]),
        (Dmarc(result=AuthResult.PERMERROR, problem="no From field"), ["DMARC_AUTHOR_UNCLEAR"]),
        (
            Dmarc(result=FAIL, domain="a.example", policy="reject", problem="several authors"),
            ["DMARC_FAIL_REJECT", "DMARC_AUTHOR_UNCLEAR"],
        ),
    ],
)
def test_each_dmarc_outcome_has_its_symbols(dmarc: Dmarc, expected: list[str]) -> None:
    assert symbols(replace(BARE, dmarc=dmarc))[1:] == expected


def test_chains_are_reported_with_their_sealers() -> None:
    facts = replace(BARE, arc=Arc(result=PASS, sealers=("one.example", "two.example")))
    finding = AuthenticationResults().look(None, facts, None)[-1]  # type: ignore[arg-type]

    assert (finding.symbol, finding.evidence) == ("ARC_PASS", "one.example, two.example")


def test_no_symbol_says_by_itself_what_a_message_is() -> None:
    for symbol in AuthenticationResults.card.symbols:
        assert symbol.verdict is None
        assert abs(symbol.score) <= 0.5
        assert symbol.summary
