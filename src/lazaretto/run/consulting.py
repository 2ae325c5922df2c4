"""A command's own way into the databases: opened for one question or one order, closed after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from lazaretto.db.pool import Pool
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings

T = TypeVar("T")


def consult(home: Home, database: str, ask: Callable[[Pool], Coroutine[Any, Any, T]]) -> T:
    """Return what ``ask`` makes of a pool of ``database``; starts PostgreSQL if nothing runs."""
    source = Database(home, load_settings(home))
    with source.available():
        return asyncio.run(_asked(source.dsn(database), ask))


async def _asked(dsn: str, ask: Callable[[Pool], Coroutine[Any, Any, T]]) -> T:
    async with _pool(dsn) as pool:
        return await ask(pool)


@asynccontextmanager
async def _pool(dsn: str) -> AsyncIterator[Pool]:
    pool = Pool(dsn, 2)
    try:
        yield pool
    finally:
        await pool.close()
