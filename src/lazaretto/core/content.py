"""Received octets before they are committed, small ones in memory, larger ones in a sealed file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """A file of AES-256-GCM chunks, whose format is ``spool.sealing``'s."""

    path: Path
    key: bytes
    """The 32-octet data key; never written beside the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedContent:
    """The octets of one message as received, after dot-unstuffing and line-end normalisation."""

    size: int
    sha256: bytes
    octets: bytes | None = None
    """The content itself when it is small."""
    file: SealedFile | None = None
    """Where it rests otherwise; exactly one of the two is given."""
