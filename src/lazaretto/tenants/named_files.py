"""Large parts of a document in files of their own, which the document names with their hashes.

A part is what stands below its key, as it is: putting the files back gives the document octet by octet.
A file whose hash is another one is refused: the document says what is meant, not what lies there today.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.yaml_reading import MAX_OCTETS, Node, read_yaml
from lazaretto.tenants.yaml_writing import written

PARTS: Final = (
    *("addresses", "aliases", "approved_senders", "blocked_senders"),
    *("personal_lists", "protected_names"),
)
"""What can stand in a file of its own."""
_NAMED: Final = frozenset({"file", "sha256"})
_SIMPLE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")

Read = Callable[[str], bytes]
"""Gives the octets of the file with a name; a name is never a path."""


def with_files(text: str, name: str, read: Read) -> str:
    """Return the document in ``text`` with what its files say in place of their names.

    Raises ``ConfigurationError`` where a file cannot be had, or is another one than the document names.
    """
    if "sha256" not in text:
        return text
    tree = read_yaml(text, name)
    if not isinstance(tree.value, dict):
        return text
    starts = {key: node.line for key, node in tree.value.items()}
    lines = text.split("\n")
    end = len(lines) + (lines[-1] != "")
    named = [(key, node) for key, node in tree.value.items() if key in PARTS and _is_named(node)]
    for key, node in sorted(named, key=lambda each: -each[1].line):
        if list(starts.values()).count(node.line) > 1:
            raise ConfigurationError(f"{name}:{node.line}: give {key} a line of its own; it names a file")
        until = min((line for line in starts.values() if line > node.line), default=end)
        lines[node.line - 1 : until - 1] = [f"{key}:", *_part(key, node, name, read).split("\n")]
    return "\n".join(lines)


def in_files(text: str, stem: str, least: int) -> tuple[str, Mapping[str, bytes]]:
    """Return a canonical document that names files for its parts of at least ``least`` lines, and the files.

    ``stem`` is how their names begin.
    """
    kept: list[str] = []
    files: dict[str, bytes] = {}
    for key, block in _blocks(text):
        if key in PARTS and len(block) > least:
            file, octets = f"{stem}-{key.replace('_', '-')}.yaml", "".join(block[1:]).encode()
            files[file] = octets
            kept.append(written({key: {"file": file, "sha256": hashlib.sha256(octets).hexdigest()}}))
        else:
            kept += block
    return "".join(kept), files


def _is_named(node: Node) -> bool:
    return isinstance(node.value, dict) and node.value.keys() == _NAMED


def _part(key: str, node: Node, name: str, read: Read) -> str:
    named = node.plain()
    file, wanted = str(named["file"]), str(named["sha256"]).lower()
    if not _SIMPLE.fullmatch(file):
        raise ConfigurationError(
            f"{name}:{node.line}: {file!r} is no plain file name; put it beside the document"
        )
    octets = read(file)
    if len(octets) > MAX_OCTETS:
        raise ConfigurationError(f"{file} is larger than {MAX_OCTETS // 1_048_576} MB; split it")
    found = hashlib.sha256(octets).hexdigest()
    if found != wanted:
        raise ConfigurationError(
            f"{name}:{node.line}: {file} is not the file that {key} names: its SHA-256 is {found}"
        )
    try:
        part = octets.decode("utf-8").rstrip("\n")
    except UnicodeDecodeError as failure:
        raise ConfigurationError(f"{file} is not UTF-8: {failure}") from failure
    if any(line[:1] not in ("", " ", "-", "#") for line in part.split("\n")):
        raise ConfigurationError(f"{file} says more than {key}: indent its lines, or begin each with a dash")
    return part


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the top-level keys of a canonical document, each with its lines."""
    blocks: list[tuple[str, list[str]]] = []
    for line in text.splitlines(keepends=True):
        if line[0] not in " -" or not blocks:
            blocks.append((line.partition(":")[0], []))
        blocks[-1][1].append(line)
    return blocks
