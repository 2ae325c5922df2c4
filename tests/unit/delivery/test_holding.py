"""A row is in hand once, its newest lease counts, and what was settled lately is not taken up again."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from uuid import UUID

import pytest

from lazaretto.core.identity import MessageId
from lazaretto.core.queued import QueuedCopy
from lazaretto.delivery import holding
from lazaretto.delivery.holding import MOST_REMEMBERED, Holding
from lazaretto.testing.copies import a_copy


def leased_anew(copy: QueuedCopy) -> QueuedCopy:
    return replace(copy, lease=replace(copy.lease, attempt=copy.lease.attempt + 1))


def of_another_row(copy: QueuedCopy) -> QueuedCopy:
    return replace(copy, lease=replace(copy.lease, row=copy.lease.row + 1))


def test_a_handover_that_comes_after_its_settlement_is_not_taken() -> None:
    copy, hand = a_copy(), Holding(1_000)
    hand.take(copy, None, 0.0)
    hand.settled(copy.lease)

    assert hand.take(copy, None, 0.0) is None
    assert hand.take(of_another_row(copy), None, 0.0) is not None
    assert hand.take(leased_anew(copy), None, 0.0) is not None


def test_a_lease_that_is_older_than_the_settled_one_is_not_taken() -> None:
    copy, hand = a_copy(), Holding(1_000)
    hand.settled(leased_anew(copy).lease)

    assert hand.take(copy, None, 0.0) is None


def test_what_was_settled_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MOST_REMEMBERED", 2)
    first, hand = a_copy(), Holding(1_000)
    second = of_another_row(first)
    for copy in (first, second, first, of_another_row(second)):
        hand.settled(copy.lease)

    assert hand.take(first, None, 0.0) is None
    assert hand.take(second, None, 0.0) is not None


def test_what_is_remembered_of_settled_rows_stops_growing() -> None:
    lease, hand = a_copy().lease, Holding(1_000)

    def settle(begin: int, end: int) -> None:
        for number in range(begin, end):
            hand.settled(replace(lease, message=MessageId(UUID(int=number))))

    tracemalloc.start()
    try:
        settle(0, 2 * MOST_REMEMBERED)
        gc.collect()
        full, _ = tracemalloc.get_traced_memory()
        settle(2 * MOST_REMEMBERED, 3 * MOST_REMEMBERED)
        gc.collect()
        later, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert full < 15_000_000
    assert later - full < 100_000
