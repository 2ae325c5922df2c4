"""Entries of lists end by themselves, and what behaved on trial is ready to act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.tenants.caring import Known, Listed, behaved, listed_in, over, without
from lazaretto.tenants.document import TenantDocument, parse_document
from lazaretto.tenants.trials import OnTrial

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=400)


def document(text: str) -> TenantDocument:
    return parse_document(f"tenant: acme\ndomains: {{customer.example: {{}}}}\n{text}", "x")


def known(given: TenantDocument, days: float = 400, used: dict[str, datetime] | None = None) -> Known:
    since = NOW - timedelta(days=days)
    return Known(since=dict.fromkeys(listed_in(given), since), last_used=used or {})


def gone(given: TenantDocument, about: Known) -> list[str]:
    return [each.listed.entry for each in over(given, about, NOW)]


def test_an_approved_sender_ends_a_year_after_it_was_first_published() -> None:
    given = document("approved_senders: [a.example]\nblocked_senders: [b.example]\n")

    assert gone(given, known(given, days=364.9)) == []
    assert gone(given, known(given, days=365)) == ["a.example"]


def test_an_entry_with_an_end_of_its_own_ends_then_and_not_before() -> None:
    given = document(
        "approved_senders: [{entry: a.example, expires: 2026-05-01},"
        " {entry: b.example, expires: 2026-04-30}]\n"
    )

    assert gone(given, known(given, days=4_000)) == ["b.example"]


def test_an_entry_that_is_used_stays_where_use_counts() -> None:
    given = document(
        "approved_senders: [a.example, b.example]\n"
        "list_care: {approved_end_after_days: 0, unused_end_after_days: 90}\n"
    )
    about = known(given, days=100, used={"a.example": NOW - timedelta(days=80)})

    assert gone(given, about) == ["b.example"]


def test_nothing_ends_by_itself_where_the_tenant_does_not_want_it() -> None:
    given = document("approved_senders: [a.example]\nlist_care: {approved_end_after_days: 0}\n")

    assert gone(given, known(given, days=10_000)) == []


def test_only_what_is_over_is_taken_out() -> None:
    given = document("approved_senders: [a.example, {entry: b.example, expires: 2030-01-01}]\n")

    kept = without(given, over(given, known(given), NOW))

    assert [each.entry for each in kept.approved_senders] == ["b.example"]


TRIAL = "blocked_senders: [{entry: a.example, shadow: true}]\n"


@pytest.mark.parametrize(
    ("more", "days", "disputes", "ready"),
    [
        pytest.param("", 14, 1, True, id="fourteen days and one dispute"),
        pytest.param("", 13.9, 0, False, id="too young"),
        pytest.param("", 20, 2, False, id="two disputes"),
        pytest.param("list_care: {propose_trials: false}\n", 20, 0, False, id="not wanted"),
        pytest.param("antispam: {shadow_thresholds: {spam: 3}}\n", 14, 0, True, id="a limit as well"),
    ],
)
def test_a_trial_is_ready_when_it_behaved(more: str, days: float, disputes: int, ready: bool) -> None:
    given = document(TRIAL + more)

    assert bool(behaved(given, known(given, days=days), disputes, NOW)) is ready


def test_each_trial_has_its_own_age() -> None:
    given = document(TRIAL + "antispam: {shadow_thresholds: {spam: 3}}\n")
    ages = {listed: NOW - timedelta(days=30) for listed in listed_in(given)}
    ages[Listed("trial thresholds", "spam 3.0")] = NOW - timedelta(days=2)

    assert behaved(given, Known(since=ages, last_used={}), 0, NOW) == [
        OnTrial("blocked_senders", "a.example")
    ]


def test_without_a_trial_nothing_is_ready() -> None:
    given = document("blocked_senders: [a.example]\n")

    assert not behaved(given, known(given), 0, NOW)


def test_only_entries_that_end_by_their_age_are_remembered() -> None:
    given = document(
        "approved_senders: [a.example, {entry: b.example, expires: 2030-01-01}]\n"
        "blocked_senders: [c.example]\n"
    )

    assert list(listed_in(given)) == [Listed("approved_senders", "a.example")]
