"""Outcomes are in the database moments after it is back; one that it does not take stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lazaretto.core.errors import RowsRefused, TemporaryFailure
from lazaretto.core.queued import Lease, Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery.journal_file import DeliveryJournal
from lazaretto.delivery.settler import Settler
from lazaretto.testing.copies import NOON, MemorySpool, a_copy

PATIENCE = 30.0
"""Seconds; well below what an outcome that the database refuses may rest in the end."""

Failure = Callable[[Sequence[Settlement]], Exception | None]


class FailingSpool(MemorySpool):
    """Fails as it is told: before each transaction ``failure`` is asked what is wrong with it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self._failure = failure

    async def settle(self, settlements: Sequence[Settlement]) -> list[Lease]:
        if problem := self._failure(settlements):
            raise problem
        return await super().settle(settlements)


def for_calls(calls: int, problem: type[Exception]) -> Failure:
    """Fail ``calls`` times and then no more."""
    left = iter(range(calls))
    return lambda _: None if next(left, None) is None else problem("database: Connection refused")


def delivered(copy: QueuedCopy) -> Settlement:
    outcome = RecipientOutcome(number=0, outcome=Outcome.DELIVERED, reply=Reply(250, "2.0.0", "Ok"))
    return Settlement(lease=copy.lease, at=NOON, outcomes=(outcome,), next_at=None)


@asynccontextmanager
async def settling(spool: MemorySpool, folder: Path) -> AsyncIterator[Settler]:
    settler = Settler(spool, DeliveryJournal(folder), 1_000, lambda _: None)
    loops = [asyncio.create_task(loop()) for loop in (settler.journal_forever, settler.settle_forever)]
    try:
        yield settler
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        settler.close()


@pytest.mark.parametrize("problem", [RowsRefused, TemporaryFailure])
async def test_whenever_a_database_comes_back_all_outcomes_are_written_soon(
    tmp_path: Path, problem: type[Exception]
) -> None:
    """It comes back between any two tries; none may be blamed on an outcome and put aside for long.

    With two outcomes and four failures one was taken and one was not, and that one rested a minute.
    """

    async def come_back_after(calls: int, outcomes: int) -> int:
        spool = FailingSpool(for_calls(calls, problem))
        async with settling(spool, tmp_path / f"{calls}-{outcomes}") as settler:
            for _ in range(outcomes):
                settler.add(delivered(spool.add(a_copy(), due=None)))
            await settler.idle()
        return len(spool.settled)

    cases = [(calls, outcomes) for calls in range(6) for outcomes in (1, 2, 3, 5)]
    async with asyncio.timeout(PATIENCE):
        written = await asyncio.gather(*(come_back_after(*case) for case in cases))

    assert written == [outcomes for _, outcomes in cases]


@pytest.mark.parametrize("problem", [RowsRefused, TemporaryFailure])
async def test_an_outcome_at_which_the_database_fails_each_time_lets_the_others_pass(
    tmp_path: Path, problem: type[Exception]
) -> None:
    def fails(settlements: Sequence[Settlement]) -> Exception | None:
        return problem("no") if any(each.lease == poison.lease for each in settlements) else None

    spool = FailingSpool(fails)
    poison = spool.add(a_copy(), due=None)
    async with settling(spool, tmp_path) as settler, asyncio.timeout(PATIENCE):
        settler.add(delivered(poison))
        for _ in range(10):
            settler.add(delivered(spool.add(a_copy(), due=None)))
        while len(spool.settled) < 10:
            await asyncio.sleep(0.01)
        assert not settler.is_idle

    assert poison.lease not in {each.lease for each in spool.settled}
