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
