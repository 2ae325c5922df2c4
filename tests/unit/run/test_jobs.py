"""Jobs register by existing, and no job of the clock ends silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from lazaretto.core.errors import TemporaryFailure
from lazaretto.db.pool import Pool
from lazaretto.run import jobs
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.job_registry import jobs as registered

NOWHERE = Pool("host=/nonexistent")


@pytest.mark.parametrize("failure", [TemporaryFailure("away"), KeyError("a mistake of ours")])
async def test_a_job_that_fails_starts_again_and_says_what_that_means(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "START_AGAIN_AFTER", 0.0)
    ran_again = asyncio.Event()
    outcomes: list[Callable[[], Awaitable[None]]] = [_failing(failure), _noting(ran_again)]

    class Unsteady:
        card: ClassVar = JobCard(name="unsteady", summary="Fails once", failure="Nothing comes")

        def __init__(self, _: Workshop | None = None) -> None:
            pass

        async def run(self) -> None:
            await outcomes.pop(0)()

    with capture_logs() as lines:
        async with asyncio.timeout(60):
            task = asyncio.create_task(jobs.again_and_again(Unsteady(), NOWHERE))
            await ran_again.wait()
    task.cancel()
    await asyncio.wait([task])

    assert "starts again" in lines[0]["event"]
    assert (lines[0]["job"], lines[0]["means"]) == ("unsteady", "Nothing comes")


async def test_a_job_with_a_period_is_called_again_and_again() -> None:
    called: list[datetime] = []
    thrice = asyncio.Event()

    class Regular:
        card: ClassVar = JobCard(
            name="regular", summary="Counts", failure="Nothing", every=timedelta(milliseconds=1)
        )

        def __init__(self, _: Workshop | None = None) -> None:
            pass

        async def work(self, now: datetime) -> None:
            called.append(now)
            if len(called) == 3:
                thrice.set()

    async with asyncio.timeout(60):
        task = asyncio.create_task(jobs.again_and_again(Regular(), NOWHERE))
        await thrice.wait()
    task.cancel()
    await asyncio.wait([task])

    assert called == sorted(called)


def test_every_job_has_a_name_of_its_own_and_says_what_its_failure_means() -> None:
    cards = [job.card for job in registered()]

    assert len({card.name for card in cards}) == len(cards) > 10
    assert all(card.summary and card.failure for card in cards)


def test_a_job_is_called_by_the_clock_exactly_when_its_card_says_how_often() -> None:
    for job in registered():
        periodic = hasattr(job, "work")
        assert periodic is (job.card.every is not None), job.card.name
        assert hasattr(job, "run") is not periodic, job.card.name


def _failing(failure: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise failure

    return fail


def _noting(ran: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        ran.set()
        await asyncio.Event().wait()

    return note
