"""Publishing tenants' documents from commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import Settings, load_settings
from lazaretto.tenants.store import Applied, TenantStore

T = TypeVar("T")


def with_tenants(
    home: Home, settings: Settings | None, ask: Callable[[TenantStore], Coroutine[Any, Any, T]]
) -> T:
    """Return what ``ask`` makes of the tenants' store of ``home``."""
    database = Database(home, settings or load_settings(home))
    with database.available():
        return asyncio.run(_asked(database.dsn("control"), ask))


def publish(home: Home, settings: Settings | None, text: str, name: str) -> tuple[Applied, tuple[str, ...]]:
    """Publish the document in ``text``; return when every process has it in force.

    The second part names processes that did not get it within five seconds.
    """

    async def apply(store: TenantStore) -> tuple[Applied, tuple[str, ...]]:
        applied = await store.apply(text, by="command", name=name)
        return applied, await store.wait_until_in_force(applied.publication)

    return with_tenants(home, settings, apply)


async def _asked(dsn: str, ask: Callable[[TenantStore], Coroutine[Any, Any, T]]) -> T:
    async with TenantStore(dsn) as store:
        return await ask(store)
