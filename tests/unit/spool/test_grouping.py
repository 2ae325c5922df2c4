"""What waits while one commit runs shares the next one, and every caller gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from lazaretto.core.errors import NotDurable, TemporaryFailure
from lazaretto.db.pool import database_errors
from lazaretto.spool import grouping
from lazaretto.spool.grouping import GroupCommit
from lazaretto.spool.rows import Rows


class Database:
    """A pool without a database: it counts what is written and fails as it is told."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.bad: Rows | None = None
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.failures: list[Exception] = []
        self.commit_failures: list[Exception] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Database]:
        with database_errors():
            yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Database]:
        async with self.connection() as connection:
            yield connection
            await self.commit()

    async def commit(self, _: Any = None) -> None:
        await self.may_commit.wait()
        if self.commit_failures:
            raise self.commit_failures.pop(0)

    async def write(self, _: Any, group: Sequence[Rows]) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        if any(rows is self.bad for rows in group):
            raise psycopg.DataError("out of range")
        self.groups.append(len(group))


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    monkeypatch.setattr(grouping, "commit", made.commit)
    return made


async def everybody_had_a_turn() -> None:
    """Let each task run until it waits for something that is ours to give."""
    for _ in range(5):
        await asyncio.sleep(0)


def a_group(database: Database, on_unclaimed: Callable[[], None] = lambda: None) -> GroupCommit:
    return GroupCommit(
        database,  # type: ignore[arg-type]
        database.write,  # type: ignore[arg-type]
        committers=1,
        most=50,
        octets=1_000,
        on_unclaimed=on_unclaimed,
    )


async def test_a_commit_that_ends_after_its_caller_gave_up_is_told_of(database: Database) -> None:
    """Its copies are leased to this node and nobody was handed them: they would rest until the lease ends."""
    told: list[bool] = []
    group = a_group(database, lambda: told.append(True))
    database.may_commit.clear()
    caller = asyncio.create_task(group.add(Rows()))
    await everybody_had_a_turn()
    caller.cancel()
    await everybody_had_a_turn()
    assert told == []

    database.may_commit.set()
    await everybody_had_a_turn()

    assert told == [True]


async def test_a_commit_that_broke_off_is_told_of_and_one_that_went_well_is_not(database: Database) -> None:
    told: list[bool] = []
    group = a_group(database, lambda: told.append(True))
    await group.add(Rows())
    assert told == []

    database.commit_failures = [psycopg.OperationalError("connection lost")]
    with pytest.raises(TemporaryFailure):
        await group.add(Rows())

    assert told == [True]


async def test_those_who_wait_share_a_commit(database: Database) -> None:
    group = a_group(database)

    await asyncio.gather(*(group.add(Rows()) for _ in range(120)))

    assert database.groups == [50, 50, 20]


async def test_after_a_pause_a_commit_begins_again(database: Database) -> None:
    group = a_group(database)
    for _ in range(3):
        async with asyncio.timeout(60):
            await group.add(Rows())

    assert database.groups == [1, 1, 1]


async def test_one_bad_submission_fails_alone(database: Database) -> None:
    good = [Rows() for _ in range(3)]
    database.bad = Rows()
    group = a_group(database)

    results = await asyncio.gather(
        *(group.add(rows) for rows in [good[0], database.bad, *good[1:]]), return_exceptions=True
    )

    assert [isinstance(result, TemporaryFailure) for result in results] == [False, True, False, False]
    assert database.groups == [1, 1, 1]


async def test_a_commit_of_unknown_outcome_is_never_repeated(database: Database) -> None:
    database.commit_failures = [psycopg.OperationalError("connection lost")]
    group = a_group(database)

    results = await asyncio.gather(*(group.add(Rows()) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [TemporaryFailure] * 3
    assert len(database.groups) == 1


async def test_not_durable_stays_not_durable_for_everybody(database: Database) -> None:
    database.commit_failures = [NotDurable("warning")]
    group = a_group(database)

    results = await asyncio.gather(*(group.add(Rows()) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [NotDurable] * 3


async def test_a_dead_connection_is_replaced_before_anything_was_committed(database: Database) -> None:
    database.failures = [psycopg.OperationalError("server closed the connection")]

    await a_group(database).add(Rows())

    assert database.groups == [1]


async def test_what_waited_too_long_is_not_committed_later(database: Database) -> None:
    group = a_group(database)
    database.may_commit.clear()
    first = asyncio.create_task(group.add(Rows()))
    await everybody_had_a_turn()
    impatient = [asyncio.create_task(group.add(Rows())) for _ in range(2)]
    patient = asyncio.create_task(group.add(Rows()))
    await everybody_had_a_turn()

    for task in impatient:
        task.cancel()
    await everybody_had_a_turn()
    database.may_commit.set()

    await asyncio.gather(first, patient)
    assert database.groups == [1, 1]


async def test_what_was_given_up_while_it_was_written_is_not_committed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = asyncio.Event()
    committed: list[int] = []

    async def write(_: Any, group: Sequence[Rows]) -> None:
        await may_write.wait()
        database.groups.append(len(group))

    async def commit(_: Any) -> None:
        committed.append(database.groups[-1])

    monkeypatch.setattr(grouping, "commit", commit)
    group = GroupCommit(database, write, committers=1, most=50, octets=1_000)  # type: ignore[arg-type]
    impatient, patient = (asyncio.create_task(group.add(Rows())) for _ in range(2))
    await everybody_had_a_turn()

    impatient.cancel()
    await everybody_had_a_turn()
    may_write.set()

    await patient
    assert database.groups == [2, 1]
    assert committed == [1]
