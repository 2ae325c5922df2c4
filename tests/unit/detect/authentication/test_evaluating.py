"""From envelope and octets to facts: what vouches for a message, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lazaretto.core.address import Address
from lazaretto.core.envelope import Client
from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Gathered, Spf
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.authentication.results import AuthenticationResults
from lazaretto.mail.limits import DEFAULT
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.octets import WindowedOctets
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView

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


class OtherView(MessageView):
    """A view that reads another author out of the same octets."""

    @property
    def authors(self) -> tuple[Mailbox, ...]:  # type: ignore[override]
        return (Mailbox("", Address("x", "bank.example")),)


def test_a_view_that_shows_another_author_never_passes() -> None:
    dns = {"TXT _dmarc.author.example": DnsAnswer(DnsStatus.ANSWER, ("v=DMARC1; p=reject",))}
    gathered = Gathered(
        received_at=datetime(2026, 9, 1, tzinfo=UTC),
        client=Client(ip="192.0.2.1"),
        spf=Spf(result=AuthResult.PASS, domain="author.example"),
        dns=dns,
    )

    agreed = authenticate(view_of(MESSAGE), gathered, "ann@author.example", ())
    facts = authenticate(OtherView(MESSAGE, DEFAULT), gathered, "ann@author.example", ())

    assert agreed.dmarc.result is AuthResult.PASS
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


async def test_content_too_large_for_memory_verifies_as_well(check: Any, signer: Any) -> None:
    message = MESSAGE + b"A line of a long message. \r\n" * 100_000
    signed = signer.sign(message, "author.example")
    dns = {"TXT s1._domainkey.author.example": DnsAnswer(DnsStatus.ANSWER, (signer.record,))}
    gathered = Gathered(received_at=datetime(2026, 9, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"), dns=dns)
    windowed = WindowedOctets(lambda offset, length: signed[offset : offset + length], len(signed))

    facts = authenticate(view_of(windowed), gathered, "ann@author.example", ())

    assert [each.result for each in facts.dkim] == [AuthResult.PASS]
