"""The folder that holds all state of one machine's Lazaretto, and the short-pathed one for sockets."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.files.placing import sync_folder
from lazaretto.spool.content_file import CORRUPT

# sun_path holds 108 octets; the longest socket name of ours has 20.
_LONGEST_SOCKET_FOLDER: Final = 80


@dataclass(frozen=True, slots=True)
class Home:
    """``--home DIR``: every path of state is a property here and nowhere else."""

    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> Home:
        """Return the home at ``folder``, absolute; nothing is made yet."""
        return cls(Path(folder).expanduser().resolve())

    def make(self) -> None:
        """Make the folders that every process expects; raises ``ConfigurationError`` if it cannot."""
        # As root PostgreSQL runs as another user, who must be able to reach its cluster in here; what
        # is secret lies in folders and files of their own modes.
        mode = 0o711 if os.getuid() == 0 else 0o700
        private = (self.sockets, self.temporary, self.content, self.logs, self.delivery_journal)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=mode)
            for folder in private:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # What is synced inside them is there after a power cut only if they are.
            sync_folder(self.folder)
        except OSError as failure:
            problem = f"cannot make {failure.filename}: {failure.strerror}; choose another --home"
            raise ConfigurationError(problem) from failure

    @property
    def settings_file(self) -> Path:
        """Process settings; optional."""
        return self.folder / "lazaretto.toml"

    @property
    def sockets(self) -> Path:
        """Where processes of this machine meet; its path is short enough for a socket's address."""
        folder = self.folder / "run"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"lazaretto-{os.getuid()}-{digest}"

    @property
    def temporary(self) -> Path:
        """Sealed files of messages that are being received."""
        return self.folder / "tmp"

    @property
    def content(self) -> Path:
        """Sealed files of large messages in the spool."""
        return self.folder / "content"

    @property
    def corrupt(self) -> Path:
        """Files of ``content`` that did not hold what was stored, set aside for whoever looks into it."""
        return self.folder / CORRUPT

    @property
    def delivery_journal(self) -> Path:
        """Outcomes of deliveries that the database may not know yet."""
        return self.folder / "delivery-journal"

    @property
    def signatures(self) -> Path:
        """Signatures of known spam that are in force, for the scan workers of this machine."""
        return self.folder / "signatures.bin"

    @property
    def slow_rules(self) -> Path:
        """YARA rules that were too slow for some mail, for the next scanning station of this machine."""
        return self.folder / "slow-rules.json"

    @property
    def troubles(self) -> Path:
        """What is wrong with looking on this machine, as its scanning station notes it."""
        return self.folder / "troubles.json"

    @property
    def bundle_troubles(self) -> Path:
        """Which bundles this machine fetched and had to refuse."""
        return self.folder / "bundle-troubles.json"

    @property
    def troubles_told(self) -> Path:
        """Which of it the operators were told, and when."""
        return self.folder / "troubles-told.json"

    @property
    def logs(self) -> Path:
        """One JSON log per process."""
        return self.folder / "log"

    @property
    def clock_seen(self) -> Path:
        """The last moment that was believed, for jobs that delete what is old."""
        return self.folder / "clock-seen"

    @property
    def master_key(self) -> Path:
        """The key that wraps the tenants' keys; mode 0600, never in a database."""
        return self.folder / "master.key"

    @property
    def web_key(self) -> Path:
        """What pages and hooks sign with; mode 0600."""
        return self.folder / "web.key"

    @property
    def certificate(self) -> Path:
        """Certificate chain of the edge, PEM."""
        return self.folder / "tls" / "edge.crt"

    @property
    def certificate_key(self) -> Path:
        """Its private key, PEM, mode 0600."""
        return self.folder / "tls" / "edge.key"

    @property
    def named_certificates(self) -> Path:
        """Further certificates, each with its key, for clients that ask for one of their names."""
        return self.folder / "tls" / "names"

    @property
    def bundles(self) -> Path:
        """Unpacked bundles of rules, and which of them this machine works with."""
        return self.folder / "bundles"

    @property
    def supervisor_file(self) -> Path:
        """What runs here now: process id and addresses, as JSON; absent when nothing does."""
        return self.folder / "running.json"
