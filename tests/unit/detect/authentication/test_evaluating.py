"""From envelope and octets to facts: what vouches for a message, and what never does."""

from __future__ import annotations

from typing import Any

import pytest

from lazaretto.core.facts import AuthResult
from lazaretto.detect.authentication.results import AuthenticationResults

MESSAGE = (
    b"From: Ann <ann@author.example>\r\nTo: bob@customer.example\r\nSubject: Hello\r\n"
    b"Date: Tue, 1 Sep 2026 12:00:00 +0000\r\nMessage-ID: <1@author.example>\r\n\r\nHello Bob\r\n"
)
REJECT = {"TXT": ["v=DMARC1; p=reject"]}
SPF = {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}


def symbols(facts: Any) -> set[str]:
    return {finding.symbol for finding in AuthenticationResults().look(None, facts, None)}  # type: ignore[arg-type]


async def test_spf_alone_vouches_for_the_authors_domain(check: Any) -> None:
    facts = await check(MESSAGE, {"author.example": SPF, "_dmarc.author.example": REJECT})

    assert facts.spf.result is AuthResult.PASS
    assert (facts.dmarc.result, facts.dmarc.aligned_by) == (AuthResult.PASS, ("spf",))
    assert symbols(facts) == {"SPF_PASS", "DKIM_NONE", "DMARC_PASS"}


async def test_a_signature_survives_forwarding_by_a_stranger(check: Any, signer: Any) -> None:
    records = {
        "s1._domainkey.author.example": {"TXT": [signer.record]},
        "_dmarc.author.example": REJECT,
        "author.example": SPF,
    }

    facts = await check(signer.sign(MESSAGE, "author.example"), records, ip="198.51.100.9")

    assert facts.spf.result is AuthResult.FAIL
    assert (facts.dmarc.result, facts.dmarc.aligned_by) == (AuthResult.PASS, ("dkim",))


async def test_a_stranger_under_the_authors_name_fails_with_the_owners_policy(check: Any) -> None:
    facts = await check(
        MESSAGE,
        {"_dmarc.author.example": REJECT, "author.example": SPF},
        ip="198.51.100.9",
        reverse_path="x@evil.example",
    )

    assert (facts.dmarc.result, facts.dmarc.policy) == (AuthResult.FAIL, "reject")
    assert symbols(facts) == {"SPF_NONE", "DKIM_NONE", "DMARC_FAIL_REJECT"}


async def test_a_signature_of_somebody_else_does_not_vouch_for_the_author(check: Any, signer: Any) -> None:
    records = {"s1._domainkey.evil.example": {"TXT": [signer.record]}, "_dmarc.author.example": REJECT}

    facts = await check(signer.sign(MESSAGE, "evil.example"), records, reverse_path="x@evil.example")

    assert facts.dkim[0].result is AuthResult.PASS
    assert facts.dmarc.result is AuthResult.FAIL


async def test_a_view_that_shows_another_author_never_passes(check: Any) -> None:
    facts = await check(
        MESSAGE, {"author.example": SPF, "_dmarc.author.example": REJECT}, shown="bank.example"
    )

    assert facts.dmarc.result is AuthResult.FAIL
    assert "DMARC_AUTHOR_UNCLEAR" in symbols(facts)


async def test_a_silent_dns_is_no_failure_of_the_author(check: Any) -> None:
    facts = await check(MESSAGE, {"author.example": {"TXT": "TIMEOUT"}, "_dmarc.author.example": REJECT})

    assert facts.spf.result is AuthResult.TEMPERROR
    assert facts.dmarc.result is AuthResult.TEMPERROR


async def test_without_any_record_nothing_is_claimed(check: Any) -> None:
    facts = await check(MESSAGE, {})

    assert symbols(facts) == {"SPF_NONE", "DKIM_NONE", "DMARC_NONE"}


@pytest.mark.parametrize("header_form", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body_form", [b"simple", b"relaxed"])
async def test_signatures_of_another_implementation_verify(
    check: Any, signer: Any, header_form: bytes, body_form: bytes
) -> None:
    signed = signer.sign(MESSAGE, "author.example", forms=(header_form, body_form))

    facts = await check(signed, {"s1._domainkey.author.example": {"TXT": [signer.record]}})

    assert [each.result for each in facts.dkim] == [AuthResult.PASS]
    assert facts.dkim[0].unsigned == ()
