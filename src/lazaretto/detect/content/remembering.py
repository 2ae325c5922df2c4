"""Compiled patterns are remembered between processes: compiling takes seconds, loading milliseconds.

What is loaded is machine code's next of kin, so it is taken only from a folder that belongs to us
and that nobody else can write to, and only when its checksum is right.  Anything odd means
compiling again; a cache is never needed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import hyperscan

from lazaretto.files.placing import replace_whole

_DIGEST_SIZE: Final = 32
MOST_FILES: Final = 50
"""Older ones go: every new rule set leaves some behind."""


def remembered(name: str, make: Callable[[], Any]) -> Any:
    """Return the database called ``name``, from the cache or made now and kept there."""
    folder = _own_folder()
    if folder is None:
        return make()
    path = folder / hashlib.sha256(name.encode()).hexdigest()
    with suppress(OSError, ValueError, hyperscan.HyperscanError):
        return _load(path)
    made = make()
    with suppress(OSError, hyperscan.HyperscanError):
        _keep(path, hyperscan.dumpb(made))
    return made


def _load(path: Path) -> Any:
    held = path.read_bytes()
    digest, dumped = held[:_DIGEST_SIZE], held[_DIGEST_SIZE:]
    if hashlib.sha256(dumped).digest() != digest:
        raise ValueError("damaged")
    database = hyperscan.loadb(dumped, hyperscan.HS_MODE_BLOCK)
    # Compiling makes this room to work in by itself, loading does not.
    database.scratch = hyperscan.Scratch(database)
    return database


def _keep(path: Path, dumped: bytes) -> None:
    older = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime)
    for each in older[: max(0, len(older) + 1 - MOST_FILES)]:
        each.unlink(missing_ok=True)
    replace_whole(path, hashlib.sha256(dumped).digest() + dumped)


def _own_folder() -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        folder = Path(base).expanduser() / "lazaretto"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        seen = folder.lstat()
    except (OSError, RuntimeError):
        return None
    others_may_write = seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ours = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and not others_may_write
    return folder if ours else None
