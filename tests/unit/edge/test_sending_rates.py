"""How much one sender, and one tenant, may send: counted by sliding hours, together with other edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.core.excess import ExcessAction, SendingLimit, SendingLimits
from lazaretto.edge.gates.rate import SUBJECTS, Sending, SendingRates
from lazaretto.edge.gates.tally import HOURS_KEPT, Tally, since
from lazaretto.testing.edge_fakes import ACME, OTHER

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = (ACME.tenant, "out alice@customer.example")
LIMITED = replace(ACME, sending_limits=SendingLimits(external_per_hour=4, internal_per_hour=6, per_day=10))


def tally(**settings: int) -> Tally:
    return Tally(SUBJECTS, settings.pop("most", 100), **settings)


def rates(counted: Tally, *, per_sender: int = 1_000, per_tenant: int = 10_000) -> SendingRates:
    return SendingRates(counted, per_sender=per_sender, per_tenant=per_tenant)


def sending(external: int = 0, internal: int = 0, sender: str = "alice@customer.example") -> Sending:
    return Sending(tenant=LIMITED, sender=sender, external=external, internal=internal)


def test_an_hour_slides_and_a_day_ends() -> None:
    counted = tally()
    counted.add(KEY, 100, NOON + timedelta(minutes=30))

    times = [timedelta(minutes=59), timedelta(minutes=90), timedelta(hours=2), timedelta(hours=23)]
    assert [counted.in_hour(KEY, NOON + passed) for passed in times] == [100, 50, 0, 0]
    assert [counted.in_day(KEY, NOON + passed) for passed in times] == [100] * 4
    assert counted.in_day(KEY, NOON + timedelta(hours=24, minutes=30)) == 50
    assert counted.in_day(KEY, NOON + timedelta(hours=25)) == 0


def test_a_clock_that_jumps_ahead_and_back_loses_nothing() -> None:
    counted = tally()
    counted.add(KEY, 5, NOON)
    counted.add(KEY, 1, NOON + timedelta(days=8))
    counted.add(KEY, 1, NOON)

    assert counted.in_hour(KEY, NOON) == 6


def test_memory_is_bounded_in_subjects_and_in_hours() -> None:
    counted = tally(most=2)
    for name in "abc":
        counted.add((ACME.tenant, name), 1, NOON)
    for hour in range(100):
        counted.add((ACME.tenant, "c"), 1, NOON + timedelta(hours=hour))

    assert counted.in_hour((ACME.tenant, "a"), NOON) == 0
    kept = [each for each in counted.hand_over() if each.subject == "c"]
    assert len(kept) <= HOURS_KEPT + 1


def test_edges_learn_from_one_another() -> None:
    here, there = tally(), tally()
    here.add(KEY, 3, NOON)
    there.add(KEY, 4, NOON)

    told = [*here.hand_over(), *there.hand_over()]
    together = [replace(told[0], amount=sum(each.amount for each in told))]
    here.add(KEY, 1, NOON)
    here.learn(together)
    there.learn(together)

    assert here.in_hour(KEY, NOON) == 8
    assert there.in_hour(KEY, NOON) == 7
    assert [each.amount for each in here.hand_over()] == [1]
    assert there.hand_over() == []


def test_what_could_not_be_shared_is_shared_later_and_counted_once() -> None:
    counted = tally()
    counted.add(KEY, 3, NOON)
    counted.take_back(counted.hand_over())

    assert counted.in_hour(KEY, NOON) == 3
    assert [each.amount for each in counted.hand_over()] == [3]


def test_what_is_far_from_its_limit_is_told_to_nobody() -> None:
    counted = tally(share_from=10)
    counted.add(KEY, 9, NOON)
    assert counted.hand_over() == []

    counted.add(KEY, 1, NOON)
    assert [each.amount for each in counted.hand_over()] == [10]


def test_what_limits_look_back_to_is_what_is_read_at_a_start() -> None:
    assert since(NOON + timedelta(minutes=5)) == NOON - timedelta(hours=24)


@pytest.mark.parametrize(
    ("before", "now", "passed"),
    [
        pytest.param(sending(4), sending(0, 1), None, id="in the house goes on"),
        pytest.param(sending(4), sending(1), SendingLimit.EXTERNAL, id="outside"),
        pytest.param(sending(0, 6), sending(0, 1), SendingLimit.INTERNAL, id="inside"),
        pytest.param(sending(4, 6), sending(0, 1), SendingLimit.INTERNAL, id="the narrower limit first"),
        pytest.param(sending(0, 5), sending(4, 1), None, id="just enough"),
        pytest.param(sending(4), sending(1, sender="bob@customer.example"), None, id="another sender"),
        pytest.param(sending(9, sender=""), sending(9, sender=""), None, id="null path"),
    ],
)
def test_a_tenants_limits_hold_by_sender(before: Sending, now: Sending, passed: SendingLimit | None) -> None:
    known = rates(tally())
    known.count(before, NOON)

    excess = known.excess(now, NOON)

    assert (excess.limit if excess else None) is passed


def test_a_day_is_longer_than_its_hours() -> None:
    known = rates(tally())
    for hour in range(3):
        known.count(sending(3), NOON + timedelta(hours=2 * hour))

    excess = known.excess(sending(2), NOON + timedelta(hours=8))

    assert excess is not None
    assert (excess.limit, excess.counted, excess.allowed, excess.is_held) == (SendingLimit.DAY, 11, 10, True)


def test_a_limit_of_nothing_is_no_limit() -> None:
    free = replace(ACME, sending_limits=SendingLimits(external_per_hour=0, internal_per_hour=0, per_day=0))

    assert rates(tally()).excess(replace(sending(10**6, 10**6), tenant=free), NOON) is None


def test_only_what_is_kept_back_is_held() -> None:
    logged = replace(LIMITED, sending_limits=replace(LIMITED.sending_limits, action=ExcessAction.LOG))

    excess = rates(tally()).excess(replace(sending(5), tenant=logged), NOON)

    assert excess is not None
    assert not excess.is_held


def test_the_operators_bounds_hold_for_the_null_path_and_for_each_tenant_alone() -> None:
    known = rates(tally(), per_sender=2, per_tenant=3)
    known.count(sending(2, sender=""), NOON)

    assert beyond(known, sending(1, sender="")) == (SendingLimit.PLATFORM_SENDER, 3, 2)
    assert beyond(known, sending(1)) is None
    assert beyond(known, sending(2)) == (SendingLimit.PLATFORM_TENANT, 4, 3)
    assert beyond(known, sending(0, 99)) is None
    assert beyond(known, replace(sending(2), tenant=OTHER)) is None


def beyond(known: SendingRates, more: Sending) -> tuple[SendingLimit, int, int] | None:
    excess = known.beyond_operators(more, NOON)
    return None if excess is None else (excess.limit, excess.counted, excess.allowed)


def test_what_came_to_nothing_is_taken_back() -> None:
    known = rates(tally())
    known.count(sending(4), NOON)
    known.count(sending(4), NOON, back=True)

    assert known.excess(sending(4), NOON) is None
