"""What people send to an address for reports rests there, whatever it is, and changes nobody else's copy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.remarks import DocumentError

TEXT = """\
version: 1
tenant: acme
domains: {customer.example: {routes: [{host: 127.0.0.1}]}}
addresses: [bob@customer.example]
reports: {spam: Report@customer.example, not_spam: notspam@customer.example}
"""
FACTS = Facts(received_at=datetime(2026, 3, 1, tzinfo=UTC), client=Client(ip="192.0.2.7"))
EICAR = Finding("EICAR_TEST_FILE", 100.0, "invoice.com")


def snapshot(text: str = TEXT) -> TenantSnapshot:
    return compile_snapshot(parse_document(text, "acme"), TenantId(7), 1)


def test_mail_to_it_is_taken_though_it_is_nobodys_mailbox() -> None:
    assert snapshot().accepts("report@Customer.example")
    assert not snapshot().accepts("reports@customer.example")


@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND])
def test_a_report_rests_whatever_is_in_it(direction: Direction) -> None:
    judged = judge([EICAR], FACTS, snapshot(), ["report@customer.example"], direction)

    (decision,) = judged.decisions
    assert (decision.disposition, decision.quarantine_reason) == (Disposition.QUARANTINE, "report")


def test_others_get_what_they_would_have_got() -> None:
    recipients = ["report@customer.example", "bob@customer.example"]

    judged = judge([], FACTS, snapshot(), recipients, Direction.INBOUND)

    by_recipient = {each: decision for decision in judged.decisions for each in decision.recipients}
    assert by_recipient["report@customer.example"].quarantine_reason == "report"
    assert by_recipient["bob@customer.example"].disposition is Disposition.DELIVER


@pytest.mark.parametrize("address", ["report@elsewhere.example", "bob@customer.example"])
def test_it_must_be_in_a_domain_of_the_tenant_and_nobodys_mailbox(address: str) -> None:
    with pytest.raises(DocumentError):
        parse_document(TEXT.replace("Report@customer.example", address), "acme")
