"""What was seen in messages that are learned from, kept in files, so that a second fit need not look again.

Kept under a digest of the message, of what is known about it, and of the program and its lists, without
what a fit writes: whatever changes a look changes the name of its file, and the same looks come out as
would without the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

import lazaretto
from lazaretto.files.placing import replace_whole

_LOOKING: Final = ("core", "detect", "mail", "run/training_samples.py")
"""Folders and files of the program on which a look depends."""
_AFTER: Final = (
    "weights.toml priors.toml linear.txt boosted.txt wanted.txt lures.txt boosting.py combining.py "
    "fitting.py linear.py linear_fit.py model.py trees.py"
)
_FITTED: Final = frozenset(_AFTER.split())
"""What comes after the look; letters are part of the messages."""


class Look(msgspec.Struct, frozen=True, array_like=True):
    """What was seen in one message; every list is sorted."""

    words: list[str]
    shape: list[str]
    findings: list[str]


def kept(folder: Path | None, key: str) -> list[Look] | None:
    """Return the looks that are kept under ``key``; None when there are none, or nothing is kept."""
    if folder is None:
        return None
    try:
        return msgspec.msgpack.decode((folder / key).read_bytes(), type=list[Look])
    except (OSError, msgspec.DecodeError):
        return None


def keep(folder: Path | None, key: str, looks: list[Look]) -> None:
    """Keep ``looks`` under ``key``, whole or not at all."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        replace_whole(folder / key, msgspec.msgpack.encode(looks))


def key_of(messages: Iterable[tuple[bytes, str]]) -> str:
    """Return the name under which looks at ``messages``, octets and what is known of them, are kept."""
    digest = hashlib.sha256(_program())
    for octets, known in messages:
        digest.update(hashlib.sha256(octets).digest())
        digest.update(hashlib.sha256(known.encode()).digest())
    return digest.hexdigest()


@cache
def _program() -> bytes:
    """Return a digest of everything that decides what is seen in a message."""
    base = Path(lazaretto.__file__).parent
    digest = hashlib.sha256()
    for place in _LOOKING:
        files = [base / place] if (base / place).is_file() else sorted((base / place).rglob("*"))
        for file in files:
            if file.is_file() and file.suffix != ".pyc" and file.name not in _FITTED:
                digest.update(f"{file.relative_to(base)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.digest()
