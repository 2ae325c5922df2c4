"""One message for people of two tenants: each is told of its own, and nothing of the other."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.facts import Facts, Gathered
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.detect.registry import detectors
from lazaretto.pipeline.looking import Inspector, facts_by_tenant
from lazaretto.pipeline.wire import LookRequest, SnapshotKey
from lazaretto.policy.late import accepted
from lazaretto.spool.telling import only, scanned
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LETTER = b"From: Ann <ann@partner.example>\r\nTo: undisclosed-recipients:;\r\nSubject: Hi\r\n\r\nHello.\r\n"
DOCUMENTS = {
    TenantId(1): """\
tenant: first-tenant
domains: {first.example: {}}
addresses: [bob@first.example]
blocked_senders: [{entry: partner.example, reason: a secret of the first}]
rules: [{name: rule of the first, when: {direction: inbound}, action: {tag_subject: "[1] "}}]
""",
    TenantId(2): """\
tenant: second-tenant
domains: {second.example: {}}
addresses: [eve@second.example]
approved_senders: [{entry: ann@partner.example, unproven: true}]
rules: [{name: rule of the second, when: {direction: inbound}, action: {tag_subject: "[2] "}}]
""",
}
MARKS = {
    TenantId(1): ("first", "[1]", "SENDER_BLOCKED"),
    TenantId(2): ("second", "[2]", "SENDER_APPROVED"),
}


def test_who_else_got_a_message_is_nothing_that_an_indicator_can_ask() -> None:
    legs = tuple(
        Leg(tenant=number, direction=Direction.INBOUND, recipients=(Recipient(address=address),))
        for number, address in ((TenantId(1), "bob@first.example"), (TenantId(2), "eve@second.example"))
    )
    facts = Facts(
        received_at=NOW,
        client=Client(ip="192.0.2.1"),
        recipients=("bob@first.example", "eve@second.example"),
    )

    known = facts_by_tenant(legs, facts)

    assert {number: each.recipients for number, each in known.items()} == {
        1: ("bob@first.example",),
        2: ("eve@second.example",),
    }
    assert facts_by_tenant(legs[:1], facts)[TenantId(1)] is facts


def test_nobody_is_told_of_the_other_tenant_of_a_message() -> None:
    snapshots = {
        number: compile_snapshot(parse_document(text, "x"), number, 1) for number, text in DOCUMENTS.items()
    }
    people = {TenantId(1): "bob@first.example", TenantId(2): "eve@second.example"}
    client = Client(ip="192.0.2.1")
    request = LookRequest(
        new_message_id(),
        client,
        Envelope(
            reverse_path="ann@partner.example",
            recipients=tuple(Recipient(address=each) for each in people.values()),
        ),
        tuple(
            Leg(tenant=number, direction=Direction.INBOUND, recipients=(Recipient(address=address),))
            for number, address in people.items()
        ),
        ReceivedContent(size=len(LETTER), sha256=b"", octets=LETTER),
        Gathered(received_at=NOW, client=client),
        tuple(SnapshotKey(number, 1) for number in snapshots),
    )

    judgement = accepted(Inspector(detectors(), {}, "mx.example").look_and_judge(request, LETTER, snapshots))

    for number, marks in MARKS.items():
        event = scanned(judgement, only(judgement, number), number, request.id, NOW)
        told = msgspec.json.encode(event.details).decode()
        assert marks[0] in told
        others = MARKS[TenantId(3 - number)]
        assert [mark for mark in others if mark in told] == []
