"""Policies that outlive the process: one file for each domain, replaced in one go.

Without it a restart would open a window in which an attacker who blocks the fetch makes us forget
what a domain asked for (RFC 8461 §10.2).
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from lazaretto.files.placing import replace_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A policy as it was fetched."""

    domain: str
    id: str
    text: bytes
    at: float
    """Seconds since 1970."""


class PolicyStore(Protocol):
    """Keeps policies; losing one is harmless, so nothing here raises for a full or broken disk."""

    def read(self, domain: str) -> Fetched | None:
        """Return what was kept last; None when nothing was."""

    def write(self, fetched: Fetched) -> None:
        """Keep ``fetched`` in place of what was kept before."""

    def forget(self, domain: str) -> None:
        """Keep nothing of ``domain``."""


class NoStore:
    """Keeps nothing; for processes without a home."""

    def read(self, domain: str) -> Fetched | None:
        """Return None."""

    def write(self, fetched: Fetched) -> None:
        """Let go of ``fetched``."""

    def forget(self, domain: str) -> None:
        """Do nothing."""


class FolderStore:
    """Keeps policies in a folder of its own, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, domain: str) -> Fetched | None:
        """Return what was kept last; None also for a file that cannot be read."""
        try:
            kept = json.loads(self._file(domain).read_bytes())
            fetched = Fetched(
                domain=str(kept["domain"]),
                id=str(kept["id"]),
                text=str(kept["text"]).encode("utf-8"),
                at=float(kept["at"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return fetched if fetched.domain == domain else None

    def write(self, fetched: Fetched) -> None:
        """Keep ``fetched``; a crash leaves the file of before."""
        file = self._file(fetched.domain)
        values = {
            "domain": fetched.domain,
            "id": fetched.id,
            "text": fetched.text.decode("utf-8", "replace"),
            "at": fetched.at,
        }
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            replace_whole(file, json.dumps(values).encode())

    def forget(self, domain: str) -> None:
        """Take away the domain's file."""
        with suppress(OSError):
            self._file(domain).unlink(missing_ok=True)

    def _file(self, domain: str) -> Path:
        # A name of the DNS may hold anything; its hash is a file name everywhere.
        return self._folder / f"{sha256(domain.encode('utf-8')).hexdigest()}.json"
