"""A digest goes out once for each hour of the grid, in the zone of the grid, and only for what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lazaretto.core.end_users import DigestWanted, Weekday
from lazaretto.run.people_mail.due import hours_of, is_due, last_slot, tells_until
from lazaretto.tenants.mailboxes import DigestChoice, DigestLook, MailboxChoices

BRUSSELS = "Europe/Brussels"
WORKDAYS = dict.fromkeys(tuple(Weekday)[:5], (8, 16))
FRIDAY_NOON = datetime(2026, 3, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        pytest.param(FRIDAY_NOON, datetime(2026, 3, 27, 7, tzinfo=UTC), id="after the morning's"),
        pytest.param(
            datetime(2026, 3, 27, 15, tzinfo=UTC), datetime(2026, 3, 27, 15, tzinfo=UTC), id="at its hour"
        ),
        pytest.param(
            datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 27, 15, tzinfo=UTC), id="on Saturday"
        ),
        pytest.param(
            datetime(2026, 3, 30, 6, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC), id="in summer time"
        ),
    ],
)
def test_the_hour_is_the_latest_of_the_grid_in_its_own_zone(now: datetime, slot: datetime) -> None:
    assert last_slot(WORKDAYS, BRUSSELS, now) == slot


def test_without_hours_there_is_none() -> None:
    assert last_slot({}, BRUSSELS, FRIDAY_NOON) is None


@pytest.mark.parametrize("hour", range(24))
def test_over_a_year_each_day_has_each_hour_once_whatever_the_clocks_do(hour: int) -> None:
    daily = dict.fromkeys(Weekday, (hour,))
    now, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    slots: list[datetime] = []
    while now < end:
        slot = last_slot(daily, BRUSSELS, now)
        assert slot is not None
        if slot not in slots[-1:]:
            slots.append(slot)
        now += timedelta(minutes=30)

    assert slots == sorted(slots)
    assert len({slot.astimezone(ZoneInfo(BRUSSELS)).date() for slot in slots}) == len(slots)
    assert 365 <= len(slots) <= 366


SLOT = datetime(2026, 3, 27, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "at", "until"),
    [
        pytest.param(SLOT - timedelta(minutes=4), SLOT + timedelta(seconds=30), SLOT, id="on time"),
        pytest.param(
            SLOT - timedelta(hours=1), FRIDAY_NOON, FRIDAY_NOON - timedelta(minutes=1), id="after an outage"
        ),
        pytest.param(SLOT + timedelta(minutes=1), FRIDAY_NOON, SLOT, id="not the first after the hour"),
        pytest.param(SLOT, FRIDAY_NOON, SLOT, id="the last one was on the hour"),
        pytest.param(None, FRIDAY_NOON, SLOT, id="the first one of all"),
    ],
)
def test_only_the_first_look_after_the_hour_tells_what_came_since(
    before: datetime | None, at: datetime, until: datetime
) -> None:
    assert tells_until(SLOT, DigestLook(at, before)) == until


def test_an_hour_is_served_once() -> None:
    assert is_due(SLOT, None)
    assert is_due(SLOT, SLOT - timedelta(hours=16))
    assert not is_due(SLOT, SLOT)


def test_a_clock_that_jumps_back_sends_nothing_twice() -> None:
    earlier = last_slot(WORKDAYS, BRUSSELS, FRIDAY_NOON - timedelta(days=2))
    assert earlier is not None

    assert not is_due(earlier, SLOT)


def test_everybody_may_have_own_hours_or_none_where_the_tenant_sends_any() -> None:
    wanted = DigestWanted(hours=WORKDAYS, time_zone=BRUSSELS)
    own = {Weekday.SUNDAY: (20,)}

    assert hours_of(wanted, MailboxChoices()) == WORKDAYS
    assert hours_of(wanted, MailboxChoices(digest=DigestChoice.OWN, hours=own)) == own
    assert hours_of(wanted, MailboxChoices(digest=DigestChoice.NONE)) == {}
    assert hours_of(DigestWanted(), MailboxChoices(digest=DigestChoice.OWN, hours=own)) == {}
