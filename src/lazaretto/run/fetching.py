"""Bundles that come by themselves: the newest at a source is installed, by the command that people use.

The source is a folder or an HTTPS address.  Nothing of it is believed before the signature of a
trusted key is verified; what is not newer than anything ever installed is left alone.  The command
runs in a process of its own, which loads the rules once to see that this program can use them.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from lazaretto.core.errors import LazarettoError, TemporaryFailure
from lazaretto.intelligence.bundle import Bundle, BundleRefused
from lazaretto.intelligence.bundle_store import BundleStore, Fetch
from lazaretto.intelligence.settings import BundleSettings
from lazaretto.run.bundles import load
from lazaretto.run.home import Home

INSTALLED_BY: Final = "source"
INSTALL_SECONDS: Final = 180.0
MOST_FILES: Final = 200
_ENDING: Final = "*.bundle"


async def fetch_newest(home: Home, store: BundleStore, settings: BundleSettings, now: datetime) -> Fetch:
    """Look at the source, install what is newer, and return the note of it, which is kept."""
    version: int | None = None
    problem, refused = "", False
    try:
        bundle, problem = await asyncio.to_thread(newest_at, settings)
        refused = bool(problem)
        version = bundle.manifest.version
        highest = await store.highest()
        if version < highest:
            raise BundleRefused(f"version {version} is older than {highest}, which was installed before")
        if version > highest:
            await _installed(home, bundle)
    except LazarettoError as failure:
        # What cannot be reached is tried again; what was refused is for people to know.
        problem, refused = str(failure), not isinstance(failure, TemporaryFailure)
    fetch = Fetch(looked_at=now, version=version, problem=problem[:1_000], is_refused=refused)
    await store.note_fetch(settings.source, fetch)
    return fetch


def newest_at(settings: BundleSettings) -> tuple[Bundle, str]:
    """Return the verified bundle at the source, and what was wrong with others beside it.

    Of a folder it is the one of the highest version.
    """
    if settings.source.startswith("https://"):
        return _verified(load(settings.source, settings.authorities), settings), ""
    folder = Path(settings.source)
    if not folder.is_dir():
        raise TemporaryFailure(f"{folder} is not a folder")
    found: list[Bundle] = []
    problems: list[str] = []
    for file in sorted(folder.glob(_ENDING))[-MOST_FILES:]:
        try:
            found.append(_verified(load(str(file)), settings))
        except LazarettoError as failure:
            problems.append(f"{file.name}: {failure}")
    problem = "; ".join(problems[:3])
    if found:
        return max(found, key=lambda each: each.manifest.version), problem
    if problem:
        raise BundleRefused(problem)
    raise TemporaryFailure(f"no {_ENDING} in {folder}")


def _verified(bundle: Bundle, settings: BundleSettings) -> Bundle:
    bundle.verified_by(settings.keys())
    return bundle


async def _installed(home: Home, bundle: Bundle) -> None:
    with tempfile.TemporaryDirectory(prefix="lz-fetch-") as folder:
        file = Path(folder) / "fetched.bundle"
        file.write_bytes(bundle.octets())
        order = ("bundle", "install", str(file), "--as", INSTALLED_BY, "--home", str(home.folder))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "lazaretto.cli.main",
            *order,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(INSTALL_SECONDS):
                _, told = await process.communicate()
        except TimeoutError as failure:
            process.kill()
            await process.wait()
            raise TemporaryFailure("installing takes too long") from failure
    if process.returncode:
        raise BundleRefused(told.decode("utf-8", "replace").strip() or "it could not be installed")
