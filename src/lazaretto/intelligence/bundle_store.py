"""Installed bundles: rows of ``control`` that every machine follows.

Versions only count up.  A rollback brings an earlier bundle into force again and takes nothing back
from that: whoever replays an old bundle is refused, also after a rollback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.intelligence.bundle import Bundle, BundleRefused
from lazaretto.intelligence.bundle_keys import PublicKey

CHANNEL: Final = "lazaretto_intelligence"
KEPT: Final = 5
"""Bundles whose octets stay, so that a rollback can go back to them."""
_HISTORY: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One time that a bundle came into force."""

    number: int
    version: int | None
    """None = what the program ships."""
    how: str
    """``install`` or ``rollback``."""
    by: str
    at: datetime
    name: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBundle:
    """What one machine works with."""

    node: str
    installation: int
    version: int | None
    problem: str
    """Why it is not the one in force; empty when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A look at the source from which bundles are fetched."""

    looked_at: datetime
    version: int | None
    """What lay there; None where it could not be read."""
    problem: str
    """Empty when all is well, also where nothing is newer."""
    is_refused: bool = False
    """What lay there is no bundle to trust; False as well where nobody noted that."""


class BundleStore:
    """The bundles of one platform."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def install(self, bundle: Bundle, keys: Iterable[PublicKey], by: str) -> Installation:
        """Bring ``bundle`` into force; raises ``BundleRefused`` unless it is signed, trusted and newer."""
        key = bundle.verified_by(keys)
        bundle.unpacked()
        manifest = bundle.manifest
        async with self._pool.transaction() as connection:
            await _next_revision(connection, "bundle")
            highest = (await _row(connection, "highest_bundle", {}))[0]
            if highest is not None and manifest.version <= highest:
                raise BundleRefused(
                    f"version {manifest.version} is not newer than {highest}, which was installed before;"
                    " build it with a higher version, or go back with `lazaretto bundle rollback`"
                )
            await _execute(
                connection,
                "add_bundle",
                {
                    "version": manifest.version,
                    "octets": bundle.octets(),
                    "signed_by": key.fingerprint,
                    "name": manifest.name,
                    "made_at": manifest.made_at,
                },
            )
            return await self._bring_into_force(connection, manifest.version, "install", by)

    async def rollback(self, by: str, version: int | None = None) -> Installation:
        """Bring an earlier bundle into force: ``version``, or the one before; 0 = what the program ships."""
        async with self._pool.transaction() as connection:
            await _next_revision(connection, "bundle")
            wanted = await self._before(connection) if version is None else (version or None)
            if wanted is not None and not await _octets(connection, wanted):
                raise ConfigurationError(
                    f"bundle {wanted} is not kept here; `lazaretto bundle status` lists those that are"
                )
            return await self._bring_into_force(connection, wanted, "rollback", by)

    async def history(self) -> Sequence[Installation]:
        """Return the latest installations, the one in force first; empty when there never was one."""
        async with self._pool.connection() as connection:
            return await _history(connection)

    async def nodes(self) -> Sequence[NodeBundle]:
        """Return what the living machines work with."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_sql("bundle_nodes"))
            return [
                NodeBundle(node=row[0], installation=row[1], version=row[2], problem=row[3])
                for row in await cursor.fetchall()
            ]

    async def octets(self, version: int) -> bytes:
        """Return a bundle as it came; empty when it is not kept."""
        async with self._pool.connection() as connection:
            return await _octets(connection, version)

    async def highest(self) -> int:
        """Return the highest version that was ever installed; 0 when none was."""
        async with self._pool.connection() as connection:
            return int((await _row(connection, "highest_bundle", {}))[0] or 0)

    async def note_fetch(self, source: str, fetch: Fetch) -> None:
        """Note a look at ``source`` in place of the one before."""
        async with self._pool.transaction() as connection:
            parameters = {"now": fetch.looked_at, "version": fetch.version, "problem": fetch.problem}
            await _execute(connection, "note_bundle_fetch", {"source": source, **parameters})

    async def last_fetch(self, source: str) -> Fetch | None:
        """Return the last look at ``source``."""
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_sql("bundle_fetch"), {"source": source})).fetchone()
        return None if row is None else Fetch(looked_at=row[0], version=row[1], problem=row[2])

    async def _before(self, connection: Connection) -> int | None:
        past = await _history(connection)
        if not past or past[0].version is None:
            raise ConfigurationError("what the program ships is in force already; there is nothing before it")
        # Going back twice goes back two steps, not back and forth.
        passed = past[0].version
        earlier = [each.version for each in past if each.how == "install"]
        older = sorted((each for each in earlier if each is not None and each < passed), reverse=True)
        return older[0] if older else None

    async def _bring_into_force(
        self, connection: Connection, version: int | None, how: str, by: str
    ) -> Installation:
        parameters = {"version": version, "how": how, "by": by}
        await _row(connection, "add_installation", parameters)
        await _execute(connection, "forget_old_bundles", {"kept": KEPT})
        await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return (await _history(connection))[0]


async def _history(connection: Connection) -> Sequence[Installation]:
    cursor = await connection.execute(_sql("bundle_in_force"), {"wanted": _HISTORY})
    return [
        Installation(
            number=row[0],
            version=row[1],
            how=row[2],
            by=row[3],
            at=row[4],
            name=row[5] or "",
            signed_by=row[6] or "",
        )
        for row in await cursor.fetchall()
    ]


async def _octets(connection: Connection, version: int) -> bytes:
    cursor = await connection.execute(_sql("bundle_octets"), {"version": version}, binary=True)
    row = await cursor.fetchone()
    return b"" if row is None else bytes(row[0])


async def _next_revision(connection: Connection, subject: str) -> int:
    return int((await _row(connection, "next_revision", {"subject": subject}))[0])


async def _row(connection: Connection, name: LiteralString, parameters: dict[str, Any]) -> tuple[Any, ...]:
    row = await (await connection.execute(_sql(name), parameters)).fetchone()
    assert row is not None
    return row


async def _execute(connection: Connection, name: LiteralString, parameters: dict[str, Any]) -> None:
    await connection.execute(_sql(name), parameters)


def _sql(name: LiteralString) -> LiteralString:
    return query("lazaretto.intelligence", name)
