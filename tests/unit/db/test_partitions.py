"""A partition's name carries its beginning, and every moment belongs to one partition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.db.partitions import Partition, Partitioned, Span


@pytest.mark.parametrize("span", list(Span))
@given(moment=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_moment_lies_in_the_partition_that_is_made_for_it(span: Span, moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    partition = Partition(Partitioned("content", span), span.start_of(aware))

    assert partition.start <= aware < partition.end


def test_times_of_other_zones_are_counted_in_utc() -> None:
    from datetime import timezone

    moment = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    assert Partitioned("event", Span.DAY).name(Span.DAY.start_of(moment)) == "event_2025123100"
