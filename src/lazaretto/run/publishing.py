"""Publishing tenants' documents from commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from lazaretto.core.identity import TenantId
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.ordering import actor, ordered
from lazaretto.run.settings import Settings, load_settings
from lazaretto.store.changes import changed_parts
from lazaretto.tenants.document import TenantDocument, parse_document
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

    The second part names processes that did not get it within five seconds.  The audit tells who did it,
    and what changed.
    """
    return published(home, settings, parse_document(text, name))


def published(
    home: Home, settings: Settings | None, document: TenantDocument, note: str = ""
) -> tuple[Applied, tuple[str, ...]]:
    """Publish ``document`` as ``publish`` does with its text."""

    async def apply(store: TenantStore) -> tuple[Applied, tuple[str, ...]]:
        applied = await store.apply_document(document, by=actor(), note=note)
        return applied, await store.wait_until_in_force(applied.publication)

    number, before = with_tenants(home, settings, lambda store: _known(store, document.tenant))
    if before == document:
        return with_tenants(home, settings, apply)
    old, new = changed_parts(before, document)
    if number is not None:
        order = ordered(home, "tenant.publish", document.tenant, tenants=[number], before=old, after=new)
    else:
        order = ordered(home, "tenant.add", document.tenant, after=new)
    with order:
        return with_tenants(home, settings, apply)


async def _known(store: TenantStore, name: str) -> tuple[TenantId | None, TenantDocument | None]:
    number = await store.number_of(name)
    if number is None:
        return None, None
    return number, parse_document(await store.export(name), name)


async def _asked(dsn: str, ask: Callable[[TenantStore], Coroutine[Any, Any, T]]) -> T:
    async with TenantStore(dsn) as store:
        return await ask(store)
