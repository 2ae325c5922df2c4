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
    problem = ""
    try:
        bundle = await asyncio.to_thread(newest_at, settings)
        version = bundle.manifest.version
        if version > await store.highest():
            await _installed(home, bundle)
    except LazarettoError as failure:
        problem = str(failure)
    fetch = Fetch(looked_at=now, version=version, problem=problem[:1_000])
    await store.note_fetch(settings.source, fetch)
    return fetch


def newest_at(settings: BundleSettings) -> Bundle:
    """Return the verified bundle at the source; of a folder the one of the highest version."""
    if settings.source.startswith("https://"):
        return _verified(load(settings.source, settings.authorities), settings)
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
    if not found:
        raise BundleRefused("; ".join(problems[:3]) or f"no {_ENDING} in {folder}")
    return max(found, key=lambda each: each.manifest.version)


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
