"""The bundle in force, brought to this machine: fetched, verified once more, unpacked and chosen.

Whoever can write into the database cannot give rules to this machine: it verifies each bundle
against the keys of its own settings.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from lazaretto.core.errors import ConfigurationError, PermanentFailure
from lazaretto.intelligence.bundle import Bundle, BundleRefused, read
from lazaretto.intelligence.bundle_folder import BundleFolder, Chosen, Working
from lazaretto.intelligence.bundle_keys import PublicKey
from lazaretto.intelligence.following import Connection, rows

log = logging.getLogger(__name__)


class BundleSubject:
    """Follows the bundle for one machine, and says in the database what it works with."""

    name = "bundle"

    def __init__(self, folder: BundleFolder, keys: Sequence[PublicKey], node: str) -> None:
        self._folder = folder
        self._keys = keys
        self._node = node
        self._refused: Working | None = None
        self._reported: tuple[Connection, Working] | None = None

    async def load(self, connection: Connection) -> None:
        """Choose the bundle that is in force; one that is not trusted here is not chosen."""
        latest = await rows(connection, "bundle_in_force", {"wanted": 1})
        installation, version = (latest[0][0], latest[0][1]) if latest else (0, None)
        before = self._folder.chosen()
        if before.installation == installation and before.version == version:
            return
        try:
            folder = "" if version is None else await self._bring(connection, version)
        except (PermanentFailure, ConfigurationError, OSError) as failure:
            log.error("bundle not taken", extra={"bundle": version, "problem": str(failure)})
            self._refused = Working(installation, before.version, str(failure))
            return
        self._refused = None
        self._folder.choose(Chosen(installation, version, folder))
        self._folder.forget_others(folder, before.folder)

    async def tick(self, connection: Connection) -> None:
        """Report what the scan workers of this machine work with, when that has changed."""
        working = self._refused or self._folder.working()
        if working is None or self._reported == (connection, working):
            return
        parameters = {
            "node": self._node,
            "installation": working.installation,
            "version": working.version,
            "problem": working.problem,
        }
        await rows(connection, "report_bundle", parameters)
        self._reported = (connection, working)

    async def _bring(self, connection: Connection, version: int) -> str:
        found = await rows(connection, "bundle_octets", {"version": version}, binary=True)
        if not found or not found[0][0]:
            raise BundleRefused(f"bundle {version} is not kept any more")
        bundle = read(bytes(found[0][0]))
        if bundle.manifest.version != version:
            raise BundleRefused(f"what is kept as bundle {version} says that it is {bundle.manifest.version}")
        return await asyncio.to_thread(self._verified_and_placed, bundle)

    def _verified_and_placed(self, bundle: Bundle) -> str:
        bundle.verified_by(self._keys)
        return self._folder.place(bundle)
