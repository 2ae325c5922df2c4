"""What is said about a document: where, how bad, and what to do about it, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.core.errors import ConfigurationError

MAX_TEXT: Final = 600
"""Characters of a remark; of a longer one the middle is left out."""


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"
    """The document cannot be used."""
    WARNING = "warning"
    """It can, and is probably not what was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One sentence about one place of a document; lines and columns count from 1."""

    line: int
    column: int
    severity: Severity
    text: str

    def shown(self, name: str) -> str:
        """Return the line that commands print for the document called ``name``."""
        word = "" if self.severity is Severity.ERROR else "warning: "
        return f"{name}:{self.line}: {word}{self.text}"


class DocumentError(ConfigurationError):
    """A document cannot be used; ``remarks`` holds every error found, in the order of lines."""

    def __init__(self, name: str, remarks: Iterable[Remark]) -> None:
        self.name = name
        self.remarks = tuple(sorted(remarks, key=lambda each: (each.line, each.column, each.text)))
        super().__init__("\n".join(remark.shown(name) for remark in self.remarks))


def error(line: int, column: int, text: str) -> Remark:
    """Return a remark that makes the document unusable."""
    return Remark(line=line, column=column, severity=Severity.ERROR, text=_shown(text))


def warning(line: int, column: int, text: str) -> Remark:
    """Return a remark that does not."""
    return Remark(line=line, column=column, severity=Severity.WARNING, text=_shown(text))


def _shown(text: str) -> str:
    # Remarks repeat what the document says and end up in terminals.
    plain = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= MAX_TEXT else f"{plain[: MAX_TEXT - 60]} … {plain[-50:]}"
