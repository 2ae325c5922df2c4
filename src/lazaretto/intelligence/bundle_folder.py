"""The bundle of one machine: unpacked in a folder, chosen by one small file.

    HOME/bundles/chosen.json        which bundle this machine shall work with
    HOME/bundles/working.json       which one its scan workers work with, or why they do not
    HOME/bundles/42-1f0c…/          the unpacked files of bundle 42

The choice changes by one rename, after everything that it names is there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

import msgspec

import lazaretto
from lazaretto.files.placing import replace_durably
from lazaretto.intelligence.bundle import Bundle

T = TypeVar("T")
BUILT_IN: Final = f"built-in {lazaretto.__version__}"
"""How verdicts name what the program ships."""
_CHOSEN: Final = "chosen.json"
_WORKING: Final = "working.json"


class Chosen(msgspec.Struct, frozen=True):
    """What this machine shall work with."""

    installation: int = 0
    version: int | None = None
    """None = what the program ships."""
    folder: str = ""
    """Below the bundles' folder; empty = what the program ships."""

    @property
    def label(self) -> str:
        """How verdicts name it."""
        return BUILT_IN if self.version is None else str(self.version)


class Working(msgspec.Struct, frozen=True):
    """What the scan workers of this machine work with."""

    installation: int = 0
    version: int | None = None
    problem: str = ""
    """Why it is not what was chosen."""


class BundleFolder:
    """The bundles in ``HOME/bundles``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, bundle: Bundle) -> str:
        """Unpack a verified ``bundle`` unless it is here; return its folder's name."""
        name = f"{bundle.manifest.version}-{hashlib.sha256(bundle.octets()).hexdigest()[:16]}"
        files = bundle.unpacked()
        if (self._folder / name).is_dir():
            if _holds(self._folder / name, files):
                return name
            # A power cut or a bad disk left less than was unpacked; rules that lack look for less.
            shutil.rmtree(self._folder / name)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        fresh = self._folder / f".{name}.{uuid4().hex}"
        try:
            write_files(fresh, files)
            fresh.rename(self._folder / name)
        except FileExistsError:
            pass
        except OSError:
            # Another process of this machine was quicker.
            if not (self._folder / name).is_dir():
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return name

    def choose(self, chosen: Chosen) -> None:
        """Have the scan workers go over to ``chosen``."""
        self._put(_CHOSEN, chosen)

    def chosen(self) -> Chosen:
        """Return what was chosen last."""
        return self._get(_CHOSEN, Chosen) or Chosen()

    def folder_of(self, chosen: Chosen) -> Path | None:
        """Return the unpacked files; None = what the program ships."""
        return self._folder / chosen.folder if chosen.folder else None

    def note_working(self, working: Working) -> None:
        """Say what the scan workers work with."""
        self._put(_WORKING, working)

    def working(self) -> Working | None:
        """Return what the scan workers work with; None when none has ever said it."""
        return self._get(_WORKING, Working)

    def working_label(self) -> str:
        """Return how verdicts name what the scan workers work with."""
        working = self.working() or Working()
        return BUILT_IN if working.version is None else str(working.version)

    def forget_others(self, *names: str) -> None:
        """Remove every unpacked bundle but those ``names``."""
        for each in self._folder.iterdir() if self._folder.is_dir() else ():
            if each.is_dir() and not each.name.startswith(".") and each.name not in names:
                shutil.rmtree(each, ignore_errors=True)

    def _put(self, name: str, value: msgspec.Struct) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        # A choice that a power cut emptied would read as none, and mail be looked at with what the
        # program ships until the database has been asked.
        replace_durably(self._folder / name, msgspec.json.encode(value))

    def _get(self, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode((self._folder / name).read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError):
            return None


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write ``files`` below ``folder``, which must not exist; their paths were checked with the bundle."""
    folder.mkdir(mode=0o700, parents=True)
    for path, octets in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())


def _holds(folder: Path, files: dict[str, bytes]) -> bool:
    try:
        return all((folder / path).read_bytes() == octets for path, octets in files.items())
    except OSError:
        return False
