"""Who does not answer: told to other processes, heard from them, never for longer than we would ourselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.queued import SILENCES_KEPT, Silence
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.dead_hosts import DeadHosts
from lazaretto.delivery.silences import Silences

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONGEST = timedelta(minutes=8)
FIRST, SECOND = NextHop(host="a.example", port=25), NextHop(host="b.example", port=25)


class MemoryStore:
    """Where the processes of a test meet."""

    def __init__(self) -> None:
        self.rows: dict[str, Silence] = {}
        self.is_away = False
        self.writes = 0

    async def share(self, changed: Sequence[Silence], now: datetime) -> Sequence[Silence]:
        if self.is_away:
            raise TemporaryFailure("the database is away")
        self.writes += len(changed)
        for each in changed:
            self.rows[each.name] = each
            if not each.failures:
                del self.rows[each.name]
        return [each for each in self.rows.values() if each.until > now]


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def test_one_process_hears_what_another_tells() -> None:
    store, clock = MemoryStore(), Clock()
    here, there = (Silences(store, clock, LONGEST) for _ in range(2))
    here.began("mx dead.example", 3, 60.0)
    await here.share()
    await there.share()
    assert there.of("mx dead.example") == (3, 60.0)

    clock.now += timedelta(seconds=20)
    assert there.of("mx dead.example") == (3, 40.0)
    clock.now += timedelta(seconds=41)
    assert there.of("mx dead.example") == (0, 0.0)


async def test_an_answer_ends_the_silence_for_all() -> None:
    store, clock = MemoryStore(), Clock()
    here, there = (Silences(store, clock, LONGEST) for _ in range(2))
    here.began("mx dead.example", 3, 60.0)
    await here.share()
    await there.share()

    there.ended("mx dead.example")
    await there.share()
    await here.share()

    assert here.of("mx dead.example") == (0, 0.0)


async def test_who_always_answers_costs_no_writing() -> None:
    store = MemoryStore()
    silences = Silences(store, Clock(), LONGEST)

    for _ in range(100):
        silences.ended("mx alive.example")
        await silences.share()

    assert store.writes == 0


@pytest.mark.parametrize(
    ("after", "writes"),
    [
        pytest.param(timedelta(seconds=61), 2, id="soon, while the store has it"),
        pytest.param(SILENCES_KEPT + timedelta(seconds=61), 1, id="late, when nobody has it"),
    ],
)
async def test_who_answers_after_all_ends_its_silence_as_long_as_it_is_remembered(
    after: timedelta, writes: int
) -> None:
    """Those who never answer must not add up."""
    store, clock = MemoryStore(), Clock()
    silences = Silences(store, clock, LONGEST)
    silences.began("mx dead.example", 3, 60.0)
    await silences.share()
    clock.now += after
    await silences.share()

    silences.ended("mx dead.example")
    await silences.share()

    assert store.writes == writes


async def test_a_database_that_is_away_costs_a_delay() -> None:
    store, clock = MemoryStore(), Clock()
    silences = Silences(store, clock, LONGEST)
    store.is_away = True
    silences.began("mx dead.example", 3, 60.0)
    await silences.share()
    store.is_away = False
    await silences.share()

    assert set(store.rows) == {"mx dead.example"}
    assert silences.of("mx dead.example") == (3, 60.0)


async def test_a_clock_that_jumped_silences_nobody_for_longer_than_we_would() -> None:
    store, clock = MemoryStore(), Clock()
    clock.now += timedelta(days=8)
    Silences(store, clock, LONGEST).began("mx dead.example", 3, 60.0)
    ahead = Silences(store, clock, LONGEST)
    ahead.began("mx dead.example", 3, 60.0)
    await ahead.share()

    clock.now = NOON
    here = Silences(store, clock, LONGEST)
    await here.share()

    assert here.of("mx dead.example") == (3, LONGEST.total_seconds())


async def test_long_names_are_told_too() -> None:
    store, clock = MemoryStore(), Clock()
    here, there = (Silences(store, clock, LONGEST) for _ in range(2))
    long = "/".join(f"host{number}.example" for number in range(1_000))
    here.began(long, 3, 60.0)
    await here.share()
    await there.share()

    assert there.of(long) == (3, 60.0)
    assert max(map(len, store.rows)) < 256


async def test_a_host_that_another_process_found_dead_is_called_last() -> None:
    store, clock = MemoryStore(), Clock()
    here, there = (Silences(store, clock, LONGEST) for _ in range(2))
    hosts_here, hosts_there = DeadHosts(300.0, here), DeadHosts(300.0, there)
    hosts_here.note(FIRST)
    assert hosts_here.last((FIRST, SECOND)) == (SECOND, FIRST)
    assert hosts_there.last((FIRST, SECOND)) == (FIRST, SECOND)

    await here.share()
    await there.share()
    assert hosts_there.last((FIRST, SECOND)) == (SECOND, FIRST)

    hosts_there.note_alive(FIRST)
    assert hosts_there.last((FIRST, SECOND)) == (FIRST, SECOND)
