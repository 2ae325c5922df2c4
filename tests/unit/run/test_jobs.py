"""No job of the clock ends silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from lazaretto.core.errors import TemporaryFailure
from lazaretto.run import jobs


@pytest.mark.parametrize("failure", [TemporaryFailure("away"), KeyError("a mistake of ours")])
async def test_a_job_that_fails_starts_again_and_says_so(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "START_AGAIN_AFTER", 0.0)
    ran_again = asyncio.Event()
    outcomes: list[Callable[[], Awaitable[None]]] = [_failing(failure), _noting(ran_again)]

    async def job() -> None:
        await outcomes.pop(0)()

    with capture_logs() as lines:
        async with asyncio.timeout(60):
            task = asyncio.create_task(jobs._again_and_again(job))
            await ran_again.wait()
    task.cancel()
    await asyncio.wait([task])

    assert "starts again" in lines[0]["event"]
    assert lines[0]["job"] == job.__qualname__


def _failing(failure: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise failure

    return fail


def _noting(ran: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        ran.set()
        await asyncio.Event().wait()

    return note
