"""The audit keeps acts for months of the calendar, to the beginning of a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.journal.audit_age import kept_since


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        pytest.param(datetime(2026, 11, 29, 6, 30, tzinfo=UTC), 12, (2025, 11, 29), id="a year"),
        pytest.param(datetime(2026, 1, 5, tzinfo=UTC), 1, (2025, 12, 5), id="over new year"),
        pytest.param(datetime(2026, 3, 31, tzinfo=UTC), 1, (2026, 2, 28), id="a shorter month"),
        pytest.param(datetime(2028, 2, 29, tzinfo=UTC), 36, (2025, 2, 28), id="a leap day"),
    ],
)
def test_months_are_those_of_the_calendar(now: datetime, months: int, since: tuple[int, int, int]) -> None:
    assert kept_since(now, months) == datetime(*since, tzinfo=UTC)
