"""Delays grow from five minutes to four hours, and end when the copy expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.delivery.retry import Schedule, next_attempt

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EXPIRY = NOON + timedelta(days=7)


def delay(failures: int, *, now: datetime = NOON, jitter: float = 0) -> timedelta:
    at = next_attempt(Schedule(), failures=failures, now=now, expires_at=EXPIRY, jitter=jitter)
    assert at is not None
    return at - now


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 5), (2, 7.5), (3, 11.25), (10, 192.216796875), (11, 240), (2_000_000, 240)],
)
def test_each_delay_is_half_as_long_again_up_to_four_hours(failures: int, minutes: float) -> None:
    assert delay(failures) == timedelta(minutes=minutes)


def test_jitter_takes_off_a_fifth_at_most_and_never_adds() -> None:
    assert delay(1, jitter=1) == timedelta(minutes=4)
    assert delay(1, jitter=0.5) == timedelta(minutes=4.5)


def test_the_last_attempt_is_at_expiry() -> None:
    assert delay(50, now=EXPIRY - timedelta(hours=1)) == timedelta(hours=1)


def test_after_expiry_there_is_no_next_time() -> None:
    assert next_attempt(Schedule(), failures=3, now=EXPIRY, expires_at=EXPIRY, jitter=0) is None


def test_seven_days_hold_a_bounded_number_of_attempts() -> None:
    now, failures = NOON, 1

    while (
        at := next_attempt(Schedule(), failures=failures, now=now, expires_at=EXPIRY, jitter=1)
    ) is not None:
        assert at > now
        now, failures = at, failures + 1

    assert now == EXPIRY
    assert 40 < failures < 80
