"""What is kept of a look is enough to decide again, and to say what would have changed it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from lazaretto.core.decision import Copy, Disposition, Judgement, Look
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.stored import StoredLook, decode_look, encode_look, look_of
from lazaretto.policy.counterfactual import Counterfactual, Lever, counterfactuals
from lazaretto.policy.judging import judge
from lazaretto.policy.late import after_acceptance
from lazaretto.policy.replaying import decisions_again, differences
from lazaretto.policy.verdicts import sums_of
from lazaretto.spool.telling import scanned
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FACTS = Facts(received_at=NOW, client=Client(ip="192.0.2.1"), reverse_path="ann@partner.example")
SNAPSHOT = compile_snapshot(
    parse_document(
        "tenant: acme\ndomains: {customer.example: {}}\naddresses: [bob@customer.example]\n"
        "antispam: {spam: quarantine}\ngroups: {g: {members: [eve@customer.example], "
        "settings: {antispam: {spam: delete}}}}\n",
        "x",
    ),
    TenantId(7),
    3,
)
BOB, EVE = "bob@customer.example", "eve@customer.example"
SPAM = Finding("SPAMMY", 5.7, "much", Verdict.SPAM)
BLOCKED = Finding("SENDER_BLOCKED_IP", 0.0, "192.0.2.0/24")
APPROVED = Finding("SENDER_APPROVED_ADDRESS", 0.0, "partner.example")


def kept(*findings: Finding) -> StoredLook:
    """Return what the trace keeps of a message with ``findings``, through its event and its octets."""
    judged = judge(findings, FACTS, SNAPSHOT, [BOB, EVE], Direction.INBOUND)
    copies = tuple(
        Copy(tenant=SNAPSHOT.tenant, direction=Direction.INBOUND, decision=after_acceptance(decision))
        for decision in judged.decisions
    )
    look = Look(
        verdict=judged.verdict,
        score=judged.score,
        findings=findings,
        sums=sums_of(findings),
        tenant="acme",
        version=3,
    )
    judgement = Judgement(
        verdict=judged.verdict,
        score=judged.score,
        findings=findings,
        copies=copies,
        looks={7: look},
        facts={"reverse_path": FACTS.reverse_path, "client_ip": "192.0.2.1"},
    )
    event = scanned(judgement, copies, TenantId(7), MessageId(uuid4()), NOW)
    details = msgspec.json.decode(msgspec.json.encode(event.details))
    return decode_look(encode_look(look_of(details)))


@pytest.mark.parametrize(
    "findings",
    [
        pytest.param((), id="nothing found"),
        pytest.param((SPAM,), id="spam, by two levels"),
        pytest.param((BLOCKED, SPAM), id="what would have been refused"),
        pytest.param((SPAM, APPROVED), id="an approval"),
        pytest.param((Finding("EICAR", 0, "", Verdict.MALWARE), APPROVED), id="malware"),
    ],
)
def test_judging_what_is_kept_gives_what_was_decided(findings: tuple[Finding, ...]) -> None:
    assert differences(kept(*findings), SNAPSHOT) == []


def test_another_configuration_decides_otherwise() -> None:
    lenient = compile_snapshot(parse_document("tenant: acme\nantispam: {spam: log}\n", "x"), TenantId(7), 4)

    assert differences(kept(SPAM), lenient) == [BOB, EVE]
    assert decisions_again(kept(SPAM), lenient)[BOB].disposition is Disposition.DELIVER


def answers(*findings: Finding, recipient: str = BOB) -> list[Counterfactual]:
    return list(counterfactuals(kept(*findings), SNAPSHOT, recipient))


def test_without_the_approval_it_would_have_been_quarantined() -> None:
    first = answers(SPAM, APPROVED)[0]

    assert (first.lever, first.what) == (Lever.WITHOUT_APPROVAL, "partner.example")
    assert first.disposition is Disposition.QUARANTINE


def test_the_finding_that_decided_is_named() -> None:
    assert Counterfactual(
        lever=Lever.WITHOUT_FINDING, what="SPAMMY", disposition=Disposition.DELIVER
    ) in answers(SPAM, Finding("HINT", 0.1))


def test_the_distance_to_the_limit_is_told() -> None:
    spam = next(each for each in answers(Finding("SPAMMY", 4.3, "", Verdict.SPAM)) if each.what == "spam")

    assert (spam.lever, spam.margin) == (Lever.BELOW_LIMIT, 0.7)


def test_every_counterfactual_flips_what_it_says_it_flips() -> None:
    findings = (SPAM, BLOCKED, Finding("HINT", -1.0), APPROVED)
    look = kept(*findings)
    for each in counterfactuals(look, SNAPSHOT, BOB):
        if each.lever is Lever.WITHOUT_FINDING:
            rest = [found for found in findings if found.symbol != each.what]
            assert decisions_again(look, SNAPSHOT, rest)[BOB].disposition is each.disposition


def test_an_older_event_without_classes_can_still_be_read() -> None:
    look = look_of({"findings": [{"symbol": "X", "score": 1.0}], "copies": [{"recipients": [BOB]}]})

    assert look.findings[0].verdict is None
    assert look.copies[0].disposition is Disposition.DELIVER
