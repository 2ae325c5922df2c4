"""What is on trial is judged beside and never acts; promoted, it does what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.trials import OnTrial, has_trials, promoted, trials_in, without_trials

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
BASE = "tenant: acme\ndomains: {customer.example: {}}\naddresses: [bob@customer.example]\n"
TRIALS = [
    pytest.param(
        "rules: [{name: r, shadow: true, when: {symbols: [HINT]}, action: {disposition: quarantine}}]\n",
        Finding("HINT", 0.0),
        id="a rule",
    ),
    pytest.param(
        "antispam: {spam: quarantine, shadow_thresholds: {spam: 3.0}}\n",
        Finding("HINT", 4.0, "", Verdict.SPAM),
        id="a limit",
    ),
]


def fate(snapshot: TenantSnapshot | None, finding: Finding) -> Disposition:
    assert snapshot is not None
    return (
        judge((finding,), FACTS, snapshot, ["bob@customer.example"], Direction.INBOUND)
        .decisions[0]
        .disposition
    )


@pytest.mark.parametrize(("text", "finding"), TRIALS)
def test_a_trial_never_acts_and_its_outcome_is_known(text: str, finding: Finding) -> None:
    snapshot = compile_snapshot(parse_document(BASE + text, "x"), TenantId(1), 1)

    assert fate(snapshot, finding) is Disposition.DELIVER
    assert fate(snapshot.shadow, finding) is Disposition.QUARANTINE


@pytest.mark.parametrize(("text", "finding"), TRIALS)
def test_promotion_puts_the_trial_in_force(text: str, finding: Finding) -> None:
    document = promoted(parse_document(BASE + text, "x"))
    again = parse_document(export_document(document), "x")

    snapshot = compile_snapshot(again, TenantId(1), 2)

    assert not has_trials(again) and snapshot.shadow is None
    assert fate(snapshot, finding) is Disposition.QUARANTINE


def test_an_entry_on_trial_stands_on_the_list_of_the_shadow_alone() -> None:
    text = "approved_senders: [{entry: partner.example, shadow: true}, other.example]\n"
    snapshot = compile_snapshot(parse_document(BASE + text, "x"), TenantId(1), 1)

    assert snapshot.approved.domains == {"other.example"}
    assert snapshot.shadow is not None
    assert snapshot.shadow.approved.domains == {"other.example", "partner.example"}


def test_what_is_on_trial_is_promoted_one_by_one() -> None:
    text = (
        "approved_senders: [{entry: partner.example, shadow: true}]\n"
        "antispam: {shadow_thresholds: {spam: 4.0, bulk: 6.0}}\n"
    )
    document = parse_document(BASE + text, "x")

    one = promoted(document, [OnTrial("thresholds", "spam 4.0")])

    assert list(trials_in(document)) == [
        ("approved_senders", "partner.example"),
        ("thresholds", "spam 4.0"),
        ("thresholds", "bulk 6.0"),
    ]
    assert list(trials_in(one)) == [("approved_senders", "partner.example"), ("thresholds", "bulk 6.0")]
    assert one.antispam.thresholds.spam == 4.0


def test_without_trials_nothing_is_judged_twice() -> None:
    document = parse_document(BASE, "x")

    assert without_trials(document) is document
    assert compile_snapshot(document, TenantId(1), 1).shadow is None
