"""Of several processes that want to be alone at something, one is."""

from __future__ import annotations

import pytest

from lazaretto.db.alone import alone
from lazaretto.db.pool import Pool
from tests.integration.conftest import Databases


async def test_while_one_is_at_it_others_are_told_so_and_other_work_is_free(databases: Databases) -> None:
    one, other = Pool(databases.trace), Pool(databases.trace)

    async with alone(one, "a job"), alone(other, "a job") as second, alone(other, "another") as third:
        assert (second, third) == (False, True)
    async with alone(other, "a job") as again:
        assert again

    await one.close()
    await other.close()


async def test_whoever_fails_lets_go(databases: Databases) -> None:
    one, other = Pool(databases.trace), Pool(databases.trace)

    with pytest.raises(RuntimeError):
        async with alone(one, "a job"):
            raise RuntimeError("a mistake of ours")

    async with alone(other, "a job") as again:
        assert again
    await one.close()
    await other.close()


async def test_jobs_that_hold_locks_leave_others_their_connections(databases: Databases) -> None:
    import asyncio
    from datetime import datetime, timedelta
    from typing import ClassVar

    from lazaretto.run.job_card import JobCard, Workshop
    from lazaretto.run.jobs import again_and_again

    locks, work = Pool(databases.trace, 3), Pool(databases.trace, 1)
    done = [asyncio.Event() for _ in range(3)]

    def job(number: int) -> type:
        class Busy:
            card: ClassVar = JobCard(
                name=f"busy-{number}", summary="Asks", failure="None", every=timedelta(hours=1), alone=True
            )

            def __init__(self, _: Workshop | None = None) -> None:
                pass

            async def work(self, now: datetime) -> None:
                async with work.connection() as connection:
                    await connection.execute("SELECT 1")
                done[number].set()

        return Busy

    tasks = [asyncio.create_task(again_and_again(job(number)(), locks)) for number in range(3)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(each.wait() for each in done))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await locks.close()
    await work.close()
