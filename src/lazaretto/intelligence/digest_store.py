"""Digests of malicious files, shared by all tenants: learnt from malware quarantine and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.files.placing import replace_whole
from lazaretto.intelligence.bundle_store import CHANNEL
from lazaretto.intelligence.following import Connection, rows

REMEMBERED: Final = timedelta(days=180)
"""A digest that was not seen for so long is forgotten by those who look."""
MOST: Final = 1_000_000
MOST_ALIKE: Final = 50_000
"""Similarity digests with which files are compared: the latest, for each comparison reads them all."""
_PACKAGE: Final = "lazaretto.intelligence"


@dataclass(frozen=True, slots=True)
class MaliciousFile:
    """A file that convicted a message."""

    sha256: str
    name: str
    """Of the malware."""
    similarity: str = ""
    """Its TLSH digest, ``T1`` and 70 hexadecimal digits, where it is of a kind that has one."""


@dataclass(frozen=True, slots=True)
class KnownDigest:
    """A digest that convicts, with the moment since which it does."""

    sha256: str
    name: str
    first_seen: datetime


class DigestStore:
    """The digests of one platform."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def learn(self, files: Sequence[MaliciousFile], now: datetime) -> int:
        """Learn ``files``; return how many nobody knew."""
        once = {each.sha256: each for each in files}
        if not once:
            return 0
        async with self._pool.transaction() as connection:
            parameters = {"digests": json_text(list(once.values())).decode(), "now": now}
            cursor = await connection.execute(query(_PACKAGE, "learn_digests"), parameters)
            new = sum(1 for row in await cursor.fetchall() if row[1])
            if new:
                await _changes(connection)
        return new

    async def since(self, since: datetime, limit: int) -> list[KnownDigest]:
        """Return digests that became known after ``since``, oldest first."""
        async with self._pool.connection() as connection:
            parameters = {"since": since, "wanted": limit}
            cursor = await connection.execute(query(_PACKAGE, "digests_since"), parameters)
            return [KnownDigest(bytes(row[0]).hex(), row[1], row[2]) for row in await cursor.fetchall()]

    async def dispute(self, sums: Sequence[str], now: datetime) -> int:
        """Let the files with ``sums`` convict nobody any more; return how many did."""
        async with self._pool.transaction() as connection:
            parameters = {"sums": [bytes.fromhex(each) for each in sums], "now": now}
            cursor = await connection.execute(query(_PACKAGE, "dispute_digests"), parameters)
            count = len(await cursor.fetchall())
            if count:
                await _changes(connection)
        return count


class DigestSubject:
    """Follows the digests for one machine: its scan workers read them from files, sums sorted."""

    name = "digest"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def load(self, connection: Connection) -> None:
        """Write the files anew; readers find the old ones or the new ones."""
        parameters = {"since": datetime.now(UTC) - REMEMBERED, "wanted": MOST}
        found = await rows(connection, "digests_in_force", parameters, binary=True)
        self._write("digests.bin", b"".join(sorted(bytes(row[0]) for row in found)))
        alike = [row[1] for row in found if row[1]][:MOST_ALIKE]
        self._write("similar.bin", b"".join(bytes.fromhex(each[2:]) for each in dict.fromkeys(alike)))

    def _write(self, name: str, octets: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        replace_whole(self._folder / name, octets)

    async def tick(self, connection: Connection) -> None:
        """Nothing is due by the second."""


async def _changes(connection: Connection) -> None:
    await connection.execute(query(_PACKAGE, "next_revision"), {"subject": "digest"})
    await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
