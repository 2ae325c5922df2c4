"""Precedence as the service promises it: malware first and final, then the most severe of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.decision import ActionOrder, Decision, Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import AddressRegistration, Condition, Rule, TenantSnapshot
from lazaretto.policy.judging import APPROVALS, Judged, judge
from lazaretto.policy.late import after_acceptance, is_refusable

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
ANN, BOB = "ann@customer.example", "bob@customer.example"
APPROVED = Finding("SENDER_APPROVED_IP", 0.0, "192.0.2.1")
EVERYTHING = Condition()


def a_rule(disposition: Disposition, when: Condition = EVERYTHING, **more: object) -> Rule:
    fields = {"name": disposition.word, "setting": f"test = {disposition.word}", **more}
    return Rule(when=when, disposition=disposition, **fields)  # type: ignore[arg-type]


def judged(
    *rules: Rule,
    findings: tuple[Finding, ...] = (),
    recipients: tuple[str, ...] = (ANN, BOB),
    direction: Direction = Direction.INBOUND,
    registration: AddressRegistration = AddressRegistration.ENFORCE,
) -> Judged:
    snapshot = TenantSnapshot(
        tenant=TenantId(1),
        name="acme",
        version=1,
        domains={"customer.example": ()},
        rules=rules,
        address_registration=registration,
    )
    return judge(findings, FACTS, snapshot, recipients, direction)


def only(result: Judged) -> Decision:
    assert len(result.decisions) == 1
    return result.decisions[0]


def tag(text: str) -> ActionOrder:
    return ActionOrder(action="tag-subject", parameters={"tag": text})


@pytest.mark.parametrize(("one", "other"), list(product(Disposition, Disposition)))
def test_of_any_two_rules_the_most_severe_decides_in_either_order(
    one: Disposition, other: Disposition
) -> None:
    first, second = a_rule(one, name="one"), a_rule(other, name="other")

    decisions = [only(judged(first, second)), only(judged(second, first))]

    for decision in decisions:
        assert decision.disposition is max(one, other)
        assert decision.reasons[0].disposition is max(one, other)
        assert {reason.rule for reason in decision.reasons} == {"one", "other"}


@pytest.mark.parametrize(("choice", "rival"), list(product(list(Disposition)[2:], Disposition)))
def test_malware_is_final_whatever_other_rules_want(choice: Disposition, rival: Disposition) -> None:
    malware = a_rule(choice, Condition(verdicts=frozenset({Verdict.MALWARE})))
    finding = Finding("EICAR_TEST_FILE", 0, "", Verdict.MALWARE)

    decision = only(judged(a_rule(rival), malware, findings=(finding, APPROVED)))

    assert decision.disposition is choice
    assert decision.orders == ()


@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND])
@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((), id="no rule at all"),
        pytest.param(
            (a_rule(Disposition.DELIVER, Condition(verdicts=frozenset({Verdict.MALWARE}))),), id="tagged only"
        ),
    ],
)
def test_malware_is_never_delivered(rules: tuple[Rule, ...], direction: Direction) -> None:
    finding = Finding("EICAR_TEST_FILE", 0, "", Verdict.MALWARE)

    decision = only(judged(*rules, findings=(finding,), direction=direction))

    assert decision.disposition is Disposition.QUARANTINE
    assert decision.quarantine_reason == "malware"


def test_malware_is_stopped_for_those_whom_a_rule_for_others_does_not_reach() -> None:
    when = Condition(verdicts=frozenset({Verdict.MALWARE}), recipients=frozenset({ANN}))
    finding = Finding("EICAR_TEST_FILE", 0, "", Verdict.MALWARE)

    result = judged(a_rule(Disposition.DELETE, when), findings=(finding,))

    assert {each.recipients: each.disposition for each in result.decisions} == {
        (ANN,): Disposition.DELETE,
        (BOB,): Disposition.QUARANTINE,
    }


def test_an_approval_switches_the_antispam_methods_off_and_says_so() -> None:
    spam = a_rule(Disposition.QUARANTINE, approval_waives=True)

    decision = only(judged(spam, findings=(APPROVED,)))

    assert decision.disposition is Disposition.DELIVER
    assert decision.reasons[0].setting == "approved_senders = 192.0.2.1; without it: test = quarantine"


def test_an_approval_leaves_other_services_alone() -> None:
    data_rule = a_rule(Disposition.QUARANTINE)

    assert only(judged(data_rule, findings=(APPROVED,))).disposition is Disposition.QUARANTINE


def test_an_approval_does_not_change_what_the_message_is() -> None:
    spam = Finding("SPAMMY", 9.0)

    assert judged(findings=(spam, APPROVED)).verdict is Verdict.SPAM


def test_an_unproved_approval_switches_nothing_off() -> None:
    spam = a_rule(Disposition.QUARANTINE, approval_waives=True)

    decision = only(judged(spam, findings=(Finding("SENDER_APPROVED_UNVERIFIED", 0),)))

    assert decision.disposition is Disposition.QUARANTINE


def test_tags_of_all_rules_add_up_on_delivered_mail() -> None:
    rules = [
        a_rule(Disposition.DELIVER, orders=(tag("[A]"),)),
        a_rule(Disposition.REDIRECT, orders=(tag("[B]"),)),
    ]

    assert only(judged(*rules)).orders == (tag("[A]"), tag("[B]"))


def test_what_is_not_delivered_carries_no_orders() -> None:
    rules = [a_rule(Disposition.DELIVER, orders=(tag("[A]"),)), a_rule(Disposition.QUARANTINE)]

    assert only(judged(*rules)).orders == ()


def test_recipients_share_a_decision_only_when_the_same_rules_speak_about_them() -> None:
    rule = a_rule(Disposition.REJECT, Condition(recipients=frozenset({ANN})))

    result = judged(rule, recipients=("Ann@customer.example", BOB, "carl@customer.example"))

    assert [(each.recipients, each.disposition) for each in result.decisions] == [
        (("Ann@customer.example",), Disposition.REJECT),
        ((BOB, "carl@customer.example"), Disposition.DELIVER),
    ]


def test_a_rule_for_a_domain_speaks_about_everybody_in_it() -> None:
    rule = a_rule(Disposition.REJECT, Condition(recipients=frozenset({"customer.example"})))

    assert only(judged(rule)).disposition is Disposition.REJECT


@pytest.mark.parametrize(
    ("when", "speaks"),
    [
        (Condition(symbols=frozenset({"SPF_FAIL"})), True),
        (Condition(symbols=frozenset({"SPF_*"})), True),
        (Condition(symbols=frozenset({"DKIM_*"})), False),
        (Condition(symbols=frozenset({"SPF_FAIL"}), unless=frozenset({"DMARC_PASS"})), False),
        (Condition(symbols=frozenset({"SPF_FAIL"}), verdicts=frozenset({Verdict.SPAM})), True),
        (Condition(symbols=frozenset({"SPF_FAIL"}), verdicts=frozenset({Verdict.BULK})), False),
        (Condition(verdicts=frozenset({Verdict.CLEAN})), False),
        (Condition(score_at_least=6.0), True),
        (Condition(score_at_least=6.1), False),
        (Condition(directions=frozenset({Direction.INBOUND})), True),
        (Condition(directions=frozenset({Direction.OUTBOUND})), False),
    ],
)
def test_a_rule_speaks_when_every_part_of_its_condition_holds(when: Condition, speaks: bool) -> None:
    findings = (Finding("SPF_FAIL", 0), Finding("DMARC_PASS", 0), Finding("SPAMMY", 6.0))

    decision = only(judged(a_rule(Disposition.DELETE, when), findings=findings))

    assert (decision.disposition is Disposition.DELETE) is speaks


def test_a_finding_that_has_a_rule_of_its_own_does_not_count_for_its_class() -> None:
    when = Condition(verdicts=frozenset({Verdict.UNSCANNABLE}), apart_from=frozenset({"ENCRYPTED_CONTENT"}))
    encrypted = Finding("ENCRYPTED_CONTENT", 0, "", Verdict.UNSCANNABLE)
    crashed = Finding("COULD_NOT_LOOK", 0, "", Verdict.UNSCANNABLE)
    rule = a_rule(Disposition.QUARANTINE, when)

    assert only(judged(rule, findings=(encrypted,))).disposition is Disposition.DELIVER
    assert only(judged(rule, findings=(encrypted, crashed))).disposition is Disposition.QUARANTINE


def test_the_reason_names_the_findings_that_made_the_rule_speak() -> None:
    findings = (Finding("A", 3.0), Finding("B", 3.0, "", Verdict.SPAM), Finding("C", -1.0), Finding("D", 0.0))
    rule = a_rule(Disposition.DELETE, Condition(verdicts=frozenset({Verdict.SPAM})))

    assert only(judged(rule, findings=findings)).reasons[0].symbols == ("A", "B")


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize("registration", list(AddressRegistration))
def test_quarantine_of_spam_needs_address_registration_and_of_malware_does_not(
    needed: bool, registration: AddressRegistration
) -> None:
    rule = a_rule(Disposition.QUARANTINE, needs_registration=needed, orders=(tag("[SPAM] "),))

    decision = only(judged(rule, registration=registration))

    if needed and registration is AddressRegistration.OFF:
        assert (decision.disposition, decision.orders) == (Disposition.DELIVER, (tag("[SPAM] "),))
        assert "address_registration = off" in decision.reasons[0].setting
    else:
        assert (decision.disposition, decision.orders) == (Disposition.QUARANTINE, ())


DISPOSITIONS = st.sampled_from(list(Disposition))
SYMBOLS = st.sampled_from(["A", "B", "C"])
VERDICTS = st.sampled_from(list(Verdict))
CONDITIONS = st.builds(
    Condition,
    verdicts=st.frozensets(VERDICTS, max_size=2).filter(lambda them: Verdict.CLEAN not in them),
    symbols=st.frozensets(SYMBOLS, max_size=2),
    apart_from=st.frozensets(SYMBOLS, max_size=1),
    score_at_least=st.none() | st.integers(-2, 8).map(float),
    recipients=st.frozensets(st.sampled_from([ANN, BOB, "customer.example"]), max_size=1),
)
RULES = st.lists(
    st.builds(
        a_rule,
        DISPOSITIONS,
        CONDITIONS,
        approval_waives=st.booleans(),
        needs_registration=st.booleans(),
        name=st.sampled_from(["r", "s", "t"]),
        after_acceptance=st.sampled_from([Disposition.QUARANTINE, Disposition.DELETE]),
    ),
    max_size=5,
).map(tuple)
FINDINGS = st.lists(
    st.builds(
        Finding,
        SYMBOLS | st.sampled_from(sorted(APPROVALS)),
        st.integers(-3, 6).map(float),
        st.just(""),
        st.none() | VERDICTS.filter(lambda verdict: verdict is not Verdict.CLEAN),
    ),
    max_size=6,
).map(tuple)
RECIPIENTS = st.lists(
    st.sampled_from([ANN, BOB, "carl@customer.example", "dora@customer.example"]), min_size=1, max_size=6
).map(tuple)
REGISTRATIONS = st.sampled_from(list(AddressRegistration))


@given(RULES, FINDINGS, RECIPIENTS, REGISTRATIONS)
def test_every_recipient_is_in_exactly_one_decision(rules, findings, recipients, registration) -> None:
    result = judged(*rules, findings=findings, recipients=recipients, registration=registration)

    placed = [recipient for decision in result.decisions for recipient in decision.recipients]
    assert sorted(placed) == sorted(set(recipients))


@given(RULES, FINDINGS, RECIPIENTS, st.randoms(use_true_random=False))
def test_the_order_of_findings_makes_no_difference(rules, findings, recipients, random) -> None:
    shuffled = tuple(random.sample(findings, len(findings)))

    assert judged(*rules, findings=shuffled, recipients=recipients) == judged(
        *rules, findings=findings, recipients=recipients
    )


def dispositions(result: Judged) -> dict[str, Disposition]:
    return {recipient: each.disposition for each in result.decisions for recipient in each.recipients}


@given(RULES, FINDINGS, RECIPIENTS, REGISTRATIONS, st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_no_disposition(rules, findings, recipients, registration, random) -> None:
    shuffled = tuple(random.sample(rules, len(rules)))

    one = judged(*rules, findings=findings, recipients=recipients, registration=registration)
    other = judged(*shuffled, findings=findings, recipients=recipients, registration=registration)

    assert dispositions(one) == dispositions(other)
    assert {each.after_acceptance for each in one.decisions} == {
        each.after_acceptance for each in other.decisions
    }


@settings(max_examples=300)
@given(RULES, FINDINGS, st.integers(0, 6), SYMBOLS, st.none() | VERDICTS)
def test_one_more_finding_against_a_message_never_makes_its_fate_milder(
    rules, findings, score, symbol, verdict
) -> None:
    """Malware is the exception by design: its own action is final, even where a block would reject."""
    if verdict in (Verdict.MALWARE, Verdict.CLEAN):
        verdict = None
    added = (*findings, Finding(symbol, float(score), "", verdict))

    before = dispositions(judged(*rules, findings=findings))
    after = dispositions(judged(*rules, findings=added))

    assert all(after[recipient] >= before[recipient] for recipient in before)


@given(RULES, FINDINGS)
def test_what_would_have_been_refused_is_kept_or_deleted_once_it_is_accepted(rules, findings) -> None:
    for decision in judged(*rules, findings=findings).decisions:
        late = after_acceptance(decision)

        assert late.disposition is not Disposition.REJECT
        assert after_acceptance(late) == late
        if decision.disposition is Disposition.REJECT:
            assert late.disposition in (Disposition.QUARANTINE, Disposition.DELETE)
            assert late.quarantine_reason == "refused"
        else:
            assert late == decision


def test_one_refusal_must_do_justice_to_every_recipient() -> None:
    reject = Decision(recipients=(ANN,), disposition=Disposition.REJECT)
    deliver = replace(reject, recipients=(BOB,), disposition=Disposition.DELIVER)

    assert is_refusable([reject])
    assert not is_refusable([reject, deliver])
    assert not is_refusable([])
