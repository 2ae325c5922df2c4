"""The tree walk finds the policy and the organization, and only the author's own kin vouch (RFC 9989)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.facts import AuthResult, Dkim, Dmarc, DnsAnswer, DnsStatus, Spf
from lazaretto.detect.authentication.author import Author
from lazaretto.detect.authentication.dmarc import evaluate
from lazaretto.detect.authentication.dmarc_record import (
    MOST_QUESTIONS,
    Policy,
    domains_to_ask,
    organizational_domain,
    parse_record,
)

NO_DOMAIN = DnsAnswer(DnsStatus.NO_DOMAIN)


def zone(**records: str) -> dict[str, DnsAnswer]:
    """Answers by domain, in which ``_`` stands for a dot, since these are keywords."""
    return {
        f"TXT _dmarc.{domain.replace('_', '.')}": DnsAnswer(DnsStatus.ANSWER, (text,))
        for domain, text in records.items()
    }


def judged(
    domain: str,
    dns: dict[str, DnsAnswer],
    *,
    spf: str = "",
    dkim: str = "",
    spf_result: AuthResult = AuthResult.PASS,
    dkim_result: AuthResult = AuthResult.PASS,
) -> Dmarc:
    return evaluate(
        Author(domain, candidates=(domain,)),
        Spf(result=spf_result, domain=spf) if spf else Spf(),
        (Dkim(result=dkim_result, domain=dkim),) if dkim else (),
        dns,
    )


def test_the_walk_goes_up_label_by_label() -> None:
    assert domains_to_ask("a.mail.example.com") == (
        "a.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


def test_from_a_long_name_the_walk_jumps_to_the_last_seven_labels() -> None:
    visited = domains_to_ask("a.b.c.d.e.f.g.h.i.j.mail.example.com")

    assert visited[1] == "g.h.i.j.mail.example.com"
    assert len(visited) == 8


@given(st.lists(st.sampled_from(["a", "b", "xn--c"]), min_size=1, max_size=40))
def test_the_walk_never_takes_more_than_eight_questions(labels: list[str]) -> None:
    visited = domains_to_ask(".".join(labels))

    assert len(visited) <= MOST_QUESTIONS
    assert all(len(each.split(".")) <= 7 for each in visited[1:])
    assert visited[-1] == labels[-1]


@pytest.mark.parametrize(
    ("domain", "records", "organization"),
    [
        pytest.param("a.mail.example.com", {}, "a.mail.example.com", id="no record anywhere"),
        pytest.param(
            "a.mail.example.com", {"example_com": "v=DMARC1; p=none"}, "example.com", id="one record"
        ),
        pytest.param(
            "a.mail.example.com",
            {"example_com": "v=DMARC1", "mail_example_com": "v=DMARC1"},
            "example.com",
            id="the fewest labels",
        ),
        pytest.param(
            "a.mail.example.com",
            {"example_com": "v=DMARC1", "mail_example_com": "v=DMARC1; psd=n"},
            "mail.example.com",
            id="psd=n stops the walk",
        ),
        pytest.param(
            "a.giant.bank", {"bank": "v=DMARC1; psd=y; p=reject"}, "giant.bank", id="one label below psd=y"
        ),
        pytest.param(
            "bank", {"bank": "v=DMARC1; psd=y; p=reject"}, "bank", id="a public suffix writes by itself"
        ),
        pytest.param(
            "a.example.com", {"com": "v=DMARC1; p=reject"}, "a.example.com", id="a silent suffix is nobody"
        ),
    ],
)
def test_the_organization_is_found(domain: str, records: dict[str, str], organization: str) -> None:
    answers = zone(**records)

    assert organizational_domain(domain, lambda name: answers.get(f"TXT {name}")) == organization


@pytest.mark.parametrize(
    ("domain", "records", "policy", "policy_domain"),
    [
        ("example.com", {"example_com": "v=DMARC1; p=reject"}, "reject", "example.com"),
        ("a.example.com", {"example_com": "v=DMARC1; p=reject"}, "reject", "example.com"),
        ("a.example.com", {"example_com": "v=DMARC1; p=reject; sp=quarantine"}, "quarantine", "example.com"),
        (
            "a.example.com",
            {"example_com": "v=DMARC1; p=reject", "a_example_com": "v=DMARC1; p=none"},
            "none",
            "a.example.com",
        ),
        ("example.com", {"example_com": "v=DMARC1; p=reject; t=y"}, "quarantine", "example.com"),
        ("example.com", {"example_com": "v=DMARC1; p=quarantine; t=y"}, "none", "example.com"),
        ("example.com", {"example_com": "v=DMARC1; p=nonsense"}, "none", "example.com"),
        ("example.com", {"example_com": "v=DMARC1; ; p = reject ; what"}, "reject", "example.com"),
        ("example.com", {"example_com": "v=DMARC1; p=reject; p=none"}, "reject", "example.com"),
        ("a.giant.bank", {"bank": "v=DMARC1; psd=y; p=reject"}, "reject", "bank"),
    ],
)
def test_the_policy_is_found(domain: str, records: dict[str, str], policy: str, policy_domain: str) -> None:
    outcome = judged(domain, zone(**records))

    assert (outcome.result, outcome.policy, outcome.policy_domain) == (AuthResult.FAIL, policy, policy_domain)


@pytest.mark.parametrize(
    "text", ["v=DMARC2; p=reject", "p=reject; v=DMARC1", "v=spf1 -all", "", "V=dmarc1; p=reject"]
)
def test_what_does_not_begin_with_the_version_is_no_record(text: str) -> None:
    assert parse_record(text) is None


def test_two_records_are_none() -> None:
    answer = DnsAnswer(DnsStatus.ANSWER, ("v=DMARC1; p=reject", "v=DMARC1; p=none"))

    answers = {"TXT _dmarc.example.com": answer, "TXT _dmarc.com": NO_DOMAIN}

    assert judged("example.com", answers).result is AuthResult.NONE


def test_what_nobody_asked_for_is_not_known() -> None:
    assert judged("example.com", {}).result is AuthResult.TEMPERROR


def test_np_counts_for_names_that_do_not_exist() -> None:
    answers = zone(example_com="v=DMARC1; p=none; np=reject")
    missing = {f"{kind} a.example.com": NO_DOMAIN for kind in ("A", "AAAA", "MX")}
    present = missing | {"A a.example.com": DnsAnswer(DnsStatus.ANSWER, ("192.0.2.1",))}

    assert judged("a.example.com", answers | missing).policy == "reject"
    assert judged("a.example.com", answers | present).policy == "none"


@pytest.mark.parametrize(
    ("record", "identity", "passes"),
    [
        ("v=DMARC1; p=reject", "example.com", True),
        ("v=DMARC1; p=reject", "other.example.com", True),
        ("v=DMARC1; p=reject", "example.org", False),
        ("v=DMARC1; p=reject", "evilexample.com", False),
        ("v=DMARC1; p=reject; adkim=s; aspf=s", "other.example.com", False),
        ("v=DMARC1; p=reject; adkim=s; aspf=s", "example.com", True),
    ],
)
def test_kin_of_the_author_vouch(record: str, identity: str, passes: bool) -> None:
    answers = zone(example_com=record)
    expected = AuthResult.PASS if passes else AuthResult.FAIL

    assert judged("example.com", answers, spf=identity).result is expected
    assert judged("example.com", answers, dkim=identity).result is expected


def test_neighbours_under_a_public_suffix_do_not_vouch() -> None:
    answers = zone(uk="v=DMARC1; psd=y", co_uk="v=DMARC1; psd=y; p=reject")

    assert judged("bank.co.uk", answers, dkim="evil.co.uk").result is AuthResult.FAIL


def test_neighbours_do_not_vouch_where_the_suffix_says_nothing() -> None:
    answers = zone(bank_co_uk="v=DMARC1; p=reject", evil_co_uk="v=DMARC1; p=none")

    assert judged("bank.co.uk", answers, dkim="evil.co.uk").result is AuthResult.FAIL


@pytest.mark.parametrize(
    ("identity", "result"), [("example.com", AuthResult.TEMPERROR), ("evil.example", AuthResult.FAIL)]
)
def test_only_the_authors_own_kin_can_delay_a_failure(identity: str, result: AuthResult) -> None:
    answers = zone(example_com="v=DMARC1; p=reject")

    outcome = judged("example.com", answers, dkim=identity, dkim_result=AuthResult.TEMPERROR)

    assert outcome.result is result


def test_a_silent_dns_is_no_absence_of_a_record() -> None:
    answers = {"TXT _dmarc.example.com": DnsAnswer(DnsStatus.TIMEOUT)}

    assert judged("example.com", answers).result is AuthResult.TEMPERROR


def test_an_unclear_author_fails_under_the_strictest_policy() -> None:
    answers = zone(evil_example="v=DMARC1; p=none", bank_example="v=DMARC1; p=reject")
    author = Author(problem="several authors", candidates=("evil.example", "bank.example"))

    outcome = evaluate(author, Spf(result=AuthResult.PASS, domain="evil.example"), (), answers)

    assert (outcome.result, outcome.policy, outcome.domain) == (AuthResult.FAIL, "reject", "bank.example")
    assert evaluate(author, Spf(), (), {}).result is AuthResult.PERMERROR


@given(st.text(max_size=200))
def test_no_record_text_can_break_it(text: str) -> None:
    record = parse_record("v=DMARC1;" + text)

    assert record is not None
    assert record.policy in Policy


async def test_gathering_asks_what_the_walk_needs(check: Any, signer: Any) -> None:
    message = b"From: ann@a.mail.author.example\r\nSubject: x\r\n\r\nx\r\n"
    records = {
        "_dmarc.author.example": {"TXT": ["v=DMARC1; p=none; np=reject"]},
        "s1._domainkey.news.author.example": {"TXT": [signer.record]},
    }

    unsigned = await check(message, records)
    signed = await check(signer.sign(message, "news.author.example"), records)

    assert (unsigned.dmarc.result, unsigned.dmarc.policy) == (AuthResult.FAIL, "reject")
    assert (signed.dmarc.result, signed.dmarc.policy_domain) == (AuthResult.PASS, "author.example")
