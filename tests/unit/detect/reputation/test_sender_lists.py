"""Whose list says what: the tenant's for everybody, a person's for that person alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import AuthResult, Dmarc, Facts, Spf
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.detect.reputation.sender_lists import SenderLists
from lazaretto.mail.scanner import view_of
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import export_document, parse_document

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
DOCUMENT = """
version: 1
tenant: acme
domains: {customer.example: {routes: [{host: 192.0.2.1}]}}
addresses: [alice@customer.example, bob@customer.example]
aliases: {robert@customer.example: bob@customer.example}
approved_senders:
  - {entry: insisted.example, unproven: true, owner: Carol, reason: old system, expires: 2026-12-31}
  - plain.example
personal_lists:
  bob@customer.example:
    approved: [friend.example, 192.0.2.99]
    blocked: [{entry: nuisance.example, expires: 2026-09-30}, ann@partner.example]
"""
SNAPSHOT = compile_snapshot(parse_document(DOCUMENT, "acme"), TenantId(1), 1)


def _look(
    author: str, *recipients: str, proved: bool = False, ip: str = "192.0.2.7", now: datetime = NOW
) -> list[Finding]:
    domain = author.partition("@")[2]
    facts = Facts(
        received_at=now,
        client=Client(ip=ip),
        reverse_path=author,
        recipients=recipients or ("bob@customer.example",),
        spf=Spf(result=AuthResult.FAIL, domain=domain),
        dmarc=Dmarc(result=AuthResult.PASS if proved else AuthResult.FAIL, domain=domain),
    )
    message = view_of(f"From: <{author}>\r\nSubject: x\r\n\r\nx\r\n".encode())
    return list(SenderLists().look(message, facts, SNAPSHOT))


def _told(findings: list[Finding]) -> list[str]:
    return [f"{each.symbol} {each.evidence} {each.recipient}".strip() for each in findings]


def test_an_approved_domain_counts_only_when_proved_unless_the_tenant_insists() -> None:
    assert _told(_look("a@plain.example")) == ["SENDER_APPROVED_UNVERIFIED plain.example"]
    assert _told(_look("a@plain.example", proved=True)) == ["SENDER_APPROVED_ADDRESS plain.example"]
    assert _told(_look("a@insisted.example")) == ["SENDER_APPROVED_ADDRESS insisted.example"]


def test_an_entry_that_the_tenant_insists_on_ends_like_any_other() -> None:
    assert _look("a@insisted.example", now=datetime(2027, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("recipient", ["bob@customer.example", "Robert@customer.example"])
def test_a_persons_block_is_about_that_person_under_every_name(recipient: str) -> None:
    found = _look("x@nuisance.example", "alice@customer.example", recipient)

    assert _told(found) == ["SENDER_BLOCKED_BY_USER nuisance.example bob@customer.example"]


def test_a_persons_entry_ends_too() -> None:
    assert _look("x@nuisance.example", now=datetime(2026, 10, 1, tzinfo=UTC)) == []


def test_a_persons_approval_needs_proof_and_a_network_none() -> None:
    assert _look("x@friend.example") == []
    assert _told(_look("x@friend.example", proved=True)) == [
        "SENDER_APPROVED_BY_USER friend.example bob@customer.example"
    ]
    assert _told(_look("x@any.example", ip="192.0.2.99")) == [
        "SENDER_APPROVED_BY_USER 192.0.2.99/32 bob@customer.example"
    ]


def _dispositions(findings: list[Finding]) -> dict[str, Disposition]:
    recipients = ("alice@customer.example", "bob@customer.example")
    facts = Facts(received_at=NOW, client=Client(ip="192.0.2.7"))
    judged = judge(findings, facts, SNAPSHOT, recipients, Direction.INBOUND)
    return {name: each.disposition for each in judged.decisions for name in each.recipients}


def test_a_persons_block_stops_the_copy_of_that_person_only() -> None:
    found = _look("ann@partner.example", "alice@customer.example", "bob@customer.example")

    assert _dispositions(found) == {
        "alice@customer.example": Disposition.DELIVER,
        "bob@customer.example": Disposition.REJECT,
    }


def test_a_persons_approval_lets_spam_through_to_that_person_only_and_phishing_to_nobody() -> None:
    found = _look("x@friend.example", "alice@customer.example", "bob@customer.example", proved=True)
    listed = Finding("CLIENT_BLOCK_LISTED", 0.0)
    phishing = Finding("SOME_PHISHING", 9.0, verdict=Verdict.PHISHING)

    assert _dispositions([*found, listed]) == {
        "alice@customer.example": Disposition.REJECT,
        "bob@customer.example": Disposition.DELIVER,
    }
    assert Disposition.DELIVER not in _dispositions([*found, phishing]).values()


def test_the_document_comes_back_as_it_was() -> None:
    document = parse_document(DOCUMENT, "acme")

    assert parse_document(export_document(document), "again") == document
    assert "192.0.2.99/32" in export_document(document)
