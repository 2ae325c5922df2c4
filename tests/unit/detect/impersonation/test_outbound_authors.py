"""Mail leaves a tenant under its own registered addresses only, as readers see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Leg, Recipient
from lazaretto.core.facts import Facts
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.detect.impersonation.outbound_authors import OutboundAuthors
from lazaretto.mail.scanner import view_of
from lazaretto.run.gathering import header_of, leaving_of
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory
from lazaretto.testing.messages import a_submission

DIRECTORY = FixedDirectory(ACME, OTHER)


def found_in(
    header: str, *, direction: Direction = Direction.OUTBOUND, sender: str = "alice@customer.example"
) -> list[str]:
    """Return the evidence of what is found in a message that ``ACME`` sends or gets."""
    octets = header.encode() + b"Subject: minutes\r\n\r\nSee you.\r\n"
    leg = Leg(tenant=ACME.tenant, direction=direction, recipients=(Recipient(address="eve@far.example"),))
    submission = replace(
        a_submission(legs=(leg,)), content=ReceivedContent(size=len(octets), sha256=b"", octets=octets)
    )
    facts = Facts(
        received_at=datetime(2026, 11, 24, tzinfo=UTC),
        client=Client(ip="127.0.0.9"),
        reverse_path=sender,
        leaving=leaving_of(submission, header_of(submission.content), DIRECTORY),
    )
    # Workers get snapshots without validation lists.
    tenant = replace(DIRECTORY.snapshots[ACME.tenant], addresses=frozenset())
    return [finding.evidence for finding in OutboundAuthors().look(view_of(octets), facts, tenant)]


@pytest.mark.parametrize(
    "author",
    [
        "alice@customer.example",
        "Alice <ALICE@Customer.Example>",
        '"Alice, Sales" <alice@customer.example>',
        "<zoë@customer.example>",
        "chef@bücher.example",
        "Postmaster <postmaster@customer.example>",
        "alice@customer.example, Bob <bob@customer.example>",
        '"eve@far.example via Sales" <alice@customer.example>',
    ],
)
def test_registered_authors_may_leave(author: str) -> None:
    assert found_in(f"From: {author}\r\n") == []


@pytest.mark.parametrize(
    ("header", "evidence"),
    [
        pytest.param("From: olga@other.example\r\n", "olga@other.example", id="another tenant's"),
        pytest.param("From: ceo@bank.example\r\n", "ceo@bank.example", id="a stranger's"),
        pytest.param("From: nobody@customer.example\r\n", "nobody@customer.example", id="not on the list"),
        pytest.param(
            '"From": x\r\nFrom: "alice@customer.example" <ceo@bank.example>\r\n',
            "ceo@bank.example",
            id="an own address as the name",
        ),
        pytest.param(
            "From: alice@customer.example, ceo@bank.example\r\n", "ceo@bank.example", id="one of two"
        ),
        pytest.param(
            "From: alice@customer.example\r\nFrom: ceo@bank.example\r\n", "ceo@bank.example", id="two fields"
        ),
        pytest.param("From:\r\n ceo@bank.example\r\n", "ceo@bank.example", id="folded"),
        pytest.param("To: eve@far.example\r\n", "no author", id="none"),
        pytest.param("From: Alice\r\n", "no author", id="a name alone"),
        pytest.param("From: alice@sub.customer.example\r\n", "alice@sub.customer.example", id="below"),
    ],
)
def test_others_are_found(header: str, evidence: str) -> None:
    assert found_in(header) == [evidence]


def test_notices_may_have_a_programs_name_at_the_tenants_domains() -> None:
    assert found_in("From: MAILER-DAEMON@customer.example\r\n", sender="") == []
    assert found_in("From: MAILER-DAEMON@far.example\r\n", sender="") == ["MAILER-DAEMON@far.example"]


def test_mail_that_comes_in_is_none_of_its_business() -> None:
    assert found_in("From: ceo@bank.example\r\n", direction=Direction.INBOUND) == []


def test_where_addresses_are_not_registered_the_domain_must_be_the_tenants() -> None:
    DIRECTORY.put(replace(ACME, address_registration=AddressRegistration.OFF))
    try:
        assert found_in("From: anybody@customer.example\r\n") == []
        assert found_in("From: ceo@bank.example\r\n") == ["ceo@bank.example"]
    finally:
        DIRECTORY.put(ACME)


def test_a_field_with_very_many_addresses_is_bounded_and_found() -> None:
    many = ", ".join(f"u{number}@customer.example" for number in range(400))

    leaving_evidence = found_in(f"From: {many}\r\n")

    assert leaving_evidence == ["u100@customer.example"]
