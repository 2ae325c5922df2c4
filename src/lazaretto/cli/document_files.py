"""Tenants' documents as files: read with the files that they name, written with files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.named_files import in_files, with_files

LEAST: Final = 100
"""Lines from which a part of a document gets a file of its own."""


def read_document(file: Path) -> str:
    """Return the document in ``file`` with what the files beside it say that it names."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {file}: {failure}") from failure

    def read(name: str) -> bytes:
        beside = file.with_name(name)
        try:
            return beside.read_bytes()
        except OSError as failure:
            raise ConfigurationError(f"cannot read {beside}, which {file.name} names: {failure}") from failure

    return with_files(text, file.name, read)


def write_document(folder: Path, name: str, text: str) -> list[Path]:
    """Write the canonical document ``text`` into ``folder``, large parts apart; return the files."""
    kept, parts = in_files(text, name, LEAST)
    files = {folder / f"{name}.yaml": kept.encode(), **{folder / file: part for file, part in parts.items()}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, octets in files.items():
            file.write_bytes(octets)
    except OSError as failure:
        raise ConfigurationError(f"cannot write to {folder}: {failure}") from failure
    return list(files)
