"""A clock that jumps deletes nothing, and is believed again once it has been steady for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lazaretto.run.steady import JUMP, STEADY_FOR, SteadyClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hands:
    """A wall clock and a counter, both turned by hand."""

    def __init__(self) -> None:
        self.now, self.count = START, 1_000.0
        self.clock = SteadyClock(lambda: self.count)

    def pass_by(self, span: timedelta, jump: timedelta = timedelta()) -> bool:
        self.count += span.total_seconds()
        self.now += span + jump
        return self.clock.believes(self.now)


def test_time_that_passes_is_believed_however_much_it_is() -> None:
    hands = Hands()

    assert hands.clock.believes(hands.now)
    assert all(hands.pass_by(timedelta(hours=1)) for _ in range(100))
    assert hands.pass_by(timedelta(days=40))
    assert hands.pass_by(timedelta(minutes=1), jump=timedelta(minutes=30))


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400), JUMP * 1.1])
def test_after_a_jump_nothing_is_believed_for_a_day(jump: timedelta) -> None:
    hands = Hands()
    assert hands.clock.believes(hands.now)

    assert not hands.pass_by(timedelta(minutes=1), jump=jump)
    assert not hands.pass_by(STEADY_FOR - timedelta(minutes=2))
    assert hands.pass_by(timedelta(minutes=2))


def test_a_jump_that_is_put_right_counts_from_then() -> None:
    hands = Hands()
    assert hands.clock.believes(hands.now)
    hands.pass_by(timedelta(minutes=1), jump=timedelta(days=400))
    hands.pass_by(timedelta(hours=1), jump=timedelta(days=-400))

    assert not hands.pass_by(STEADY_FOR - timedelta(hours=1))
    assert hands.pass_by(timedelta(hours=1))


@pytest.mark.parametrize(
    ("away", "is_believed"),
    [
        (timedelta(minutes=3), True),
        (timedelta(hours=20), True),
        (timedelta(days=3), False),
        (timedelta(days=-2), False),
        (timedelta(days=3_650), False),
    ],
)
def test_a_start_after_which_the_clock_is_elsewhere_deletes_nothing_for_a_day(
    tmp_path: Path, away: timedelta, is_believed: bool
) -> None:
    memory = tmp_path / "clock-seen"
    assert SteadyClock(lambda: 5.0, memory).believes(START)
    count = [7.0]
    again = SteadyClock(lambda: count[0], memory)

    assert again.believes(START + away) is is_believed
    # Another start meanwhile forgets nothing of that.
    assert SteadyClock(lambda: count[0], memory).believes(START + away) is is_believed
    count[0] += STEADY_FOR.total_seconds()
    assert again.believes(START + away + STEADY_FOR)


def test_a_memory_that_cannot_be_read_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "clock-seen").write_bytes(b"\xff yesterday")

    assert SteadyClock(lambda: 5.0, tmp_path / "clock-seen").believes(START)
    assert SteadyClock(lambda: 5.0, tmp_path / "nowhere" / "clock-seen").believes(START)
