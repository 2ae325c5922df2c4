"""Content in files of this machine: ``HOME/content/<tenant>/<day>/<hour>/<message>-<random>``.

A file appears under its name whole and durable: its octets are synced first, then the name and
every new folder above it.  For one machine only; a cluster needs an object store.

A file that does not hold what was stored goes into ``HOME/corrupt``, where nothing ever removes it: whoever
has a good copy puts that in its old place, and the message goes on.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from lazaretto.core.errors import ContentDamaged
from lazaretto.core.queued import ContentKind
from lazaretto.files.placing import sync_file, sync_folder
from lazaretto.spool.content import REFERENCE
from lazaretto.spool.sealing import SealedFileOctets
from lazaretto.spool.storage import storage_errors

PART_SUFFIX = ".part"
"""Ends the name of a file that is still being copied from another file system."""

CORRUPT = "corrupt"
"""The folder beside that of content into which damaged files go."""

_REMEMBERED_FOLDERS = 4096
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})


class FileContent:
    """A folder of sealed files."""

    kind = ContentKind.FILE

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._corrupt = folder.with_name(CORRUPT)
        self._durable_folders: set[Path] = set()

    async def put(self, sealed: Path, reference: str) -> None:
        """Give the sealed file a second, durable name; the first one may be removed afterwards."""
        await asyncio.to_thread(self._put, sealed, reference)

    def octets(self, reference: str) -> SealedFileOctets:
        """Return what was stored, to be read in pieces."""
        path = self._folder / reference
        if not path.exists() and self._aside(reference).exists():
            raise ContentDamaged(f"the stored file was damaged and is in {self._corrupt} now")
        return SealedFileOctets(path)

    async def set_aside(self, reference: str) -> None:
        """Move what was stored to where damaged files rest; nothing happens when it is gone already."""
        with storage_errors("setting damaged content aside"):
            await asyncio.to_thread(self._set_aside, self._folder / reference, self._aside(reference))

    async def remove(self, reference: str) -> None:
        """Forget what was stored; nothing happens when it is gone already."""
        with storage_errors("removing content"):
            await asyncio.to_thread((self._folder / reference).unlink, missing_ok=True)

    async def older_than(self, moment: datetime) -> AsyncIterator[str]:
        """Yield the references of files, whole or not, that did not change since ``moment``."""
        for tenant in await asyncio.to_thread(_folders, self._folder):
            for day in await asyncio.to_thread(_folders, tenant):
                if day.name <= f"{moment:%Y%m%d}":
                    for reference in await asyncio.to_thread(self._aged, day, moment):
                        yield reference

    async def remove_empty_folders(self, moment: datetime) -> None:
        """Remove the empty folders of days before that of ``moment``, in which nobody writes any more."""
        await asyncio.to_thread(self._remove_empty_folders, f"{moment:%Y%m%d}")

    def _aside(self, reference: str) -> Path:
        return self._corrupt / reference.replace("/", "-")

    def _set_aside(self, path: Path, aside: Path) -> None:
        self._corrupt.mkdir(mode=0o700, exist_ok=True)
        try:
            path.rename(aside)
        except FileNotFoundError:
            return
        sync_folder(self._corrupt.parent)
        sync_folder(self._corrupt)
        sync_folder(path.parent)

    def _put(self, sealed: Path, reference: str) -> None:
        path = self._folder / reference
        with storage_errors("keeping content"):
            sync_file(sealed)
            self._make_folders(path.parent)
            try:
                os.link(sealed, path)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                _copy(sealed, path)
            sync_folder(path.parent)

    def _make_folders(self, folder: Path) -> None:
        if len(self._durable_folders) > _REMEMBERED_FOLDERS:
            self._durable_folders.clear()
        hour, day, tenant = folder, folder.parent, folder.parent.parent
        for needed in (self._folder, tenant, day, hour):
            try:
                needed.mkdir(mode=0o700)
            except FileExistsError:
                # Whoever made it may not have synced its name yet, so we trust only ourselves.
                if needed in self._durable_folders:
                    continue
            sync_folder(needed.parent)
            self._durable_folders.add(needed)

    def _aged(self, day: Path, moment: datetime) -> list[str]:
        return [
            path.relative_to(self._folder).as_posix()
            for hour in _folders(day)
            for path in _files(hour)
            if _is_ours(path.relative_to(self._folder).as_posix()) and changed_before(path, moment)
        ]

    def _remove_empty_folders(self, before: str) -> None:
        for tenant in _folders(self._folder):
            for day in _folders(tenant):
                if day.name < before:
                    for folder in (*_folders(day), day):
                        _remove_if_empty(folder)


def _copy(sealed: Path, path: Path) -> None:
    part = path.with_name(path.name + PART_SUFFIX)
    try:
        with sealed.open("rb") as source, part.open("xb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
            target.flush()
            os.fsync(target.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _is_ours(name: str) -> bool:
    return REFERENCE.fullmatch(name.removesuffix(PART_SUFFIX)) is not None


def _folders(folder: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in _entries(folder) if entry.is_dir(follow_symlinks=False))


def _files(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(folder) if entry.is_file(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        # Another node's sweep was here first, or nothing was ever kept.
        return []


def changed_before(path: Path, moment: datetime) -> bool:
    """Tell whether neither octets nor name of the file changed since ``moment``; False when it is gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    # The change of the name counts too: a file restored from a backup is young, whatever it contains.
    return datetime.fromtimestamp(max(found.st_mtime, found.st_ctime), tz=UTC) < moment


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise
