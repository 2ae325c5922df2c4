"""Plain values to YAML text, always the same text for the same values.

Nothing is folded or aliased, so that two versions compare line by line.  A text stands without
quotes only where no reader of YAML could take it for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_PLAIN: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9 _./@+*()\[\]$%^~-]*(?<! )|[A-Za-z][A-Za-z0-9:_./@+-]*(?<!:)"
)
_IP: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?")
_NOT_TEXT: Final = re.compile(
    # What YAML 1.1 or 1.2 takes for a boolean, nothing, a number, a time or a sexagesimal.
    r"(?i:y|n|yes|no|on|off|true|false|null)|[0-9][0-9_,.:eExXoOtTzZ+ -]*|0[xX][0-9a-fA-F_]*|0o[0-7]*"
)


def written(values: dict[str, Any]) -> str:
    """Return ``values`` (dictionaries, lists, texts, numbers and booleans) as a block of YAML."""
    return "".join(f"{line}\n" for line in _mapping(values, ""))


def _mapping(values: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        yield from _entry(f"{indent}{_scalar(key)}:", value, indent + "  ")


def _entry(start: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield start
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value:
        yield start
        yield from _sequence(value, indent)
    else:
        yield f"{start} {_scalar(value)}"


def _sequence(values: list[Any], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict | list) and value:
            below = indent + "  "
            lines = _mapping(value, below) if isinstance(value, dict) else _sequence(value, below)
            yield f"{indent}- {next(lines)[len(below) :]}"
            yield from lines
        else:
            yield f"{indent}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if _IP.fullmatch(value) or (_PLAIN.fullmatch(value) and not _NOT_TEXT.fullmatch(value)):
        return str(value)
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character == " " or (character.isprintable() and character != "\ufeff"):
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
