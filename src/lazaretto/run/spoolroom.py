"""What every process that touches the spool needs: pool, node, keys, contents; opened in one place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from lazaretto.core.errors import TemporaryFailure
from lazaretto.db.pool import Pool
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.intelligence.bundle_following import BundleSubject
from lazaretto.intelligence.digest_store import DigestSubject
from lazaretto.intelligence.following import IntelligenceFollower
from lazaretto.intelligence.indicator_following import IndicatorSubject
from lazaretto.intelligence.leaning_store import LeaningSubject
from lazaretto.run.database import Database
from lazaretto.run.equipping import EquippedDirectory
from lazaretto.run.home import Home
from lazaretto.run.settings import Settings
from lazaretto.spool import node as nodes
from lazaretto.spool.content import ContentPlace, Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_s3 import ObjectContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import Node
from lazaretto.tenants.following import SnapshotFollower

log = structlog.get_logger(__name__)

REFRESH_KEYS_EVERY: Final = 5.0
WAIT_FOR_DATABASE: Final = 0.2

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolRoom:
    """An open spool, and the tenants whose mail is in it."""

    pool: Pool
    node: Node
    keys: Keys
    contents: Contents
    places: tuple[ContentPlace, ...]
    directory: SnapshotFollower
    looking: EquippedDirectory
    """The same tenants, with the indicators that a look goes by."""


@asynccontextmanager
async def spool_room(home: Home, settings: Settings, process_name: str) -> AsyncIterator[SpoolRoom]:
    """Open the spool of ``home`` for as long as the block lasts; follow what all tenants share."""
    database = Database(home, settings)
    pool = Pool(database.dsn("spool"), settings.spool.connections)
    node = await _patiently(lambda: nodes.register(pool, home.folder, settings.spool.node_lease))
    keys = await _patiently(lambda: Keys.open(home.master_key, TenantKeyRows(pool)))
    places = places_of(home, settings)
    contents = Contents(keys, InlineContentRows(pool).fetch, *places)
    directory = SnapshotFollower(database.dsn("control"), process_name)
    await _patiently(directory.start)
    indicators, leanings = IndicatorSubject(), LeaningSubject()
    bundle = BundleSubject(BundleFolder(home.bundles), settings.bundles.keys(), str(node.number))
    digests = DigestSubject(home.bundles)
    shared = IntelligenceFollower(
        database.dsn("control"), process_name, (indicators, leanings, bundle, digests)
    )
    await _patiently(shared.start)
    upkeep = asyncio.create_task(_keep_up(pool, node, keys, settings))
    try:
        yield SpoolRoom(
            pool=pool,
            node=node,
            keys=keys,
            contents=contents,
            places=places,
            directory=directory,
            looking=EquippedDirectory(directory, indicators, leanings),
        )
    finally:
        upkeep.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await upkeep
        await shared.stop()
        await directory.stop()
        await pool.close()


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Return what ``work`` comes to; while the database recovers, wait in place of dying of it."""
    while True:
        try:
            return await work()
        except TemporaryFailure as failure:
            log.warning("waiting for the database", problem=str(failure))
            await asyncio.sleep(WAIT_FOR_DATABASE)


def places_of(home: Home, settings: Settings) -> tuple[ContentPlace, ...]:
    """Return where content rests, the place for new content first."""
    files = FileContent(home.content)
    if settings.content.object_store is None:
        return (files,)
    objects = ObjectContent(settings.content.object_store)
    return (objects, files) if settings.content.place == "s3" else (files, objects)


async def _keep_up(pool: Pool, node: Node, keys: Keys, settings: Settings) -> None:
    while True:
        await asyncio.sleep(REFRESH_KEYS_EVERY)
        try:
            await nodes.renew(pool, node, settings.spool.node_lease)
            await keys.refresh()
        except TemporaryFailure as failure:
            log.warning("the database is away", problem=str(failure))
