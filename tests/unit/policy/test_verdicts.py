"""The class of a message follows from sums and single findings; more evidence never lowers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.findings import Finding, Verdict
from lazaretto.policy.verdicts import classes_of

SCORES = st.integers(-8, 12).map(lambda number: number / 2)
FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from(["A", "B", "C", "D"]),
        SCORES,
        st.just(""),
        st.sampled_from([None, *(verdict for verdict in Verdict if verdict is not Verdict.CLEAN)]),
    ),
    max_size=8,
)


def a_finding(score: float, verdict: Verdict | None = None) -> Finding:
    return Finding("SYMBOL", score, "", verdict)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        pytest.param([], Verdict.CLEAN, id="nothing found"),
        pytest.param([a_finding(4.9)], Verdict.CLEAN, id="below the threshold"),
        pytest.param([a_finding(5.0)], Verdict.SPAM, id="general suspicion alone is spam"),
        pytest.param([a_finding(3), a_finding(2, Verdict.SPAM)], Verdict.SPAM, id="general and spam add up"),
        pytest.param(
            [a_finding(3), a_finding(2.5, Verdict.PHISHING)], Verdict.PHISHING, id="a good part is phishing"
        ),
        pytest.param(
            [a_finding(4.5), a_finding(0.5, Verdict.PHISHING)], Verdict.SPAM, id="a hint of phishing"
        ),
        pytest.param(
            [a_finding(3, Verdict.SPAM), a_finding(3, Verdict.PHISHING)], Verdict.CLEAN, id="two halves"
        ),
        pytest.param([a_finding(9, Verdict.BULK)], Verdict.BULK, id="bulk is never spam for being bulk"),
        pytest.param([a_finding(9, Verdict.BULK), a_finding(6)], Verdict.SPAM, id="bulk that is spam"),
        pytest.param(
            [a_finding(0, Verdict.MALWARE), a_finding(9)], Verdict.MALWARE, id="malware needs no score"
        ),
        pytest.param([a_finding(0, Verdict.UNSCANNABLE)], Verdict.UNSCANNABLE, id="unscannable neither"),
        pytest.param([a_finding(0, Verdict.VIOLATION), a_finding(9)], Verdict.VIOLATION, id="violation"),
        pytest.param([a_finding(6), a_finding(-2)], Verdict.CLEAN, id="what speaks for it counts"),
    ],
)
def test_findings_make_a_verdict(findings: list[Finding], verdict: Verdict) -> None:
    assert classes_of(findings, {}).verdict is verdict


def test_a_tenants_threshold_replaces_the_shipped_one() -> None:
    assert classes_of([a_finding(6)], {"spam": 8.0, "phishing": 8.0}).verdict is Verdict.CLEAN
    assert classes_of([a_finding(4)], {"spam": 4.0}).verdict is Verdict.SPAM


def test_malware_ranks_above_every_sum() -> None:
    malware = classes_of([a_finding(0, Verdict.MALWARE), a_finding(-50)], {}).score

    assert malware > classes_of([a_finding(60), a_finding(30, Verdict.PHISHING)], {}).score


@given(FINDINGS, st.randoms(use_true_random=False))
def test_the_order_of_findings_makes_no_difference(findings: list[Finding], random) -> None:
    shuffled = random.sample(findings, len(findings))

    assert classes_of(shuffled, {}) == classes_of(findings, {})


@given(FINDINGS, FINDINGS.filter(bool))
def test_one_more_finding_against_a_message_never_improves_it(
    findings: list[Finding], more: list[Finding]
) -> None:
    added = Finding("MORE", abs(more[0].score), "", more[0].verdict)

    before, after = classes_of(findings, {}), classes_of([*findings, added], {})

    assert after.score >= before.score
    assert after.reached >= before.reached
    assert after.verdict.severity >= before.verdict.severity
