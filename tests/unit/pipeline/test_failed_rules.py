"""A rule that fails on a message is told to the administrators whose mail it was, and is never silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from lazaretto.core.decision import Judgement
from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict, found
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.malware.yara_rules import YARA_TIME_LIMIT
from lazaretto.pipeline.deciding import Changer, decide
from lazaretto.pipeline.failed_rules import SYMBOLS
from lazaretto.pipeline.notice_words import BODIES
from lazaretto.pipeline.noticing import Told, notices
from lazaretto.testing.messages import a_submission

SLOW = found(YARA_TIME_LIMIT, "http://a.example/a.zip slow.yar")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SUBMISSION = a_submission("bob@customer.example")
TENANT = TenantSnapshot(
    tenant=SUBMISSION.legs[0].tenant,
    name="acme",
    version=1,
    domains={},
    administrators=("chief@customer.example",),
)


def judged(findings: Sequence[Finding], tenant: TenantSnapshot = TENANT, reverse_path: str = "") -> Judgement:
    facts = Facts(received_at=NOON, client=Client(ip="192.0.2.1"), reverse_path=reverse_path)
    looks = {leg.tenant: findings for leg in SUBMISSION.legs}
    return decide(SUBMISSION.legs, looks, facts, {tenant.tenant: tenant}, Changer(None, facts, ""))


def told(judgement: Judgement, **more: object) -> list[ComposedMessage]:
    submission = replace(SUBMISSION, **more)  # type: ignore[arg-type]
    return list(notices(Told(submission=submission, judgement=judgement, host_name="mx.example")))


def test_the_symbols_are_those_of_the_detector() -> None:
    assert {YARA_TIME_LIMIT.name} == SYMBOLS


@pytest.mark.parametrize("language", sorted(BODIES))
def test_administrators_are_told_which_rule_failed_in_their_language(language: str) -> None:
    judgement = judged((SLOW,), replace(TENANT, language=language))

    (alert,) = told(judgement)

    text = message_from_bytes(alert.octets, policy=default).get_content()  # type: ignore[attr-defined]
    assert alert.recipients == TENANT.administrators
    assert "slow.yar" in text
    assert "antimalware.unscannable" in text
    assert "://" not in text


def test_the_message_is_not_clean_and_the_trace_names_the_rule() -> None:
    judgement = judged((SLOW,))

    assert judgement.verdict is Verdict.UNSCANNABLE
    assert [each.evidence for each in judgement.findings] == [SLOW.evidence]


def test_a_flood_under_many_names_is_one_alert_an_hour() -> None:
    other = judged((found(YARA_TIME_LIMIT, "b.zip other.yar"),), reverse_path="ann@sender.example")

    (first,) = told(judged((SLOW,)), received_at=NOON)
    (again,) = told(other, received_at=NOON + timedelta(minutes=59))
    (later,) = told(other, received_at=NOON + timedelta(minutes=60))

    assert first.id == again.id != later.id


@pytest.mark.parametrize(
    ("findings", "tenant"),
    [
        pytest.param((), TENANT, id="no rule failed"),
        pytest.param((SLOW,), replace(TENANT, administrators=()), id="nobody to tell"),
        pytest.param((SLOW,), replace(TENANT, tenant=TenantId(99)), id="another tenant's mail"),
    ],
)
def test_nobody_else_is_told(findings: Sequence[Finding], tenant: TenantSnapshot) -> None:
    assert judged(findings, tenant).notices == ()
