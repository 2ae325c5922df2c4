"""Takes the octets of one message while a client sends them.

Small messages stay in memory.  A larger one goes into a sealed temporary file whose key exists in
memory only: after a crash it is noise.  Writing happens on the caller's thread, in pieces of
``inline_max`` octets that reach the disk one chunk at a time: hashing, sealing and copying 1 MiB
into the page cache takes 1 to 3 ms, less than passing it to another thread and back under load
would cost, and nothing is waited for, because only ``content`` makes things durable.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4

from lazaretto.core.content import ReceivedContent, SealedFile
from lazaretto.core.errors import LazarettoError
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.sealing import KEY_SIZE, SealedWriter
from lazaretto.spool.storage import storage_errors

CLAIM_SUFFIX = ".claimed"
"""Ends the name of the mark beside a temporary file that became some tenant's content, key and all."""


class Intake:
    """The content of one message on its way in; ``folder`` is this process's temporary folder."""

    def __init__(self, folder: Path, settings: ContentSettings) -> None:
        self.size = 0
        """Octets taken so far."""
        self._folder = folder
        self._settings = settings
        self._held = bytearray()
        self._hash = hashlib.sha256()
        self._key = b""
        self._writer: SealedWriter | None = None

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Take more; raise StorageFull or TemporaryFailure, after which only ``abort`` makes sense."""
        self.size += len(octets)
        self._held += octets
        if len(self._held) > self._settings.inline_max:
            self._spill()

    def finish(self) -> ReceivedContent:
        """Return what came; whoever gets it calls ``discard`` in the end, whatever became of it."""
        if self._writer is None:
            octets = bytes(self._held)
            return ReceivedContent(size=self.size, sha256=hashlib.sha256(octets).digest(), octets=octets)
        try:
            self._spill()
            self._writer.finish()
        except LazarettoError:
            self.abort()
            raise
        file = SealedFile(path=self._writer.path, key=self._key)
        return ReceivedContent(size=self.size, sha256=self._hash.digest(), file=file)

    def abort(self) -> None:
        """Forget everything and remove the file; harmless when repeated."""
        self._held = bytearray()
        if self._writer is not None:
            self._writer.abort()

    def _spill(self) -> None:
        if self._writer is None:
            self._key = os.urandom(KEY_SIZE)
            self._writer = SealedWriter(self._folder / uuid4().hex, self._key, self._settings.chunk_size)
        self._hash.update(self._held)
        self._writer.write(self._held)
        self._held.clear()


def claim(file: SealedFile) -> bool:
    """Tell whether the caller is the first to ask, and so may let file and key become content.

    A key belongs to one tenant: every other leg of the same message gets a file and key of its own.
    """
    with storage_errors("claiming a temporary file"):
        try:
            _claim_of(file.path).touch(0o600, exist_ok=False)
        except FileExistsError:
            return False
    return True


def take(octets: bytes, folder: Path, settings: ContentSettings) -> ReceivedContent:
    """Return ``octets`` of our own making as if they had been received."""
    intake = Intake(folder, settings)
    try:
        intake.write(octets)
        return intake.finish()
    except BaseException:
        intake.abort()
        raise


def discard(received: ReceivedContent) -> None:
    """Remove the temporary file, if there is one; content that was kept does not need it."""
    if received.file is not None:
        received.file.path.unlink(missing_ok=True)
        _claim_of(received.file.path).unlink(missing_ok=True)


def _claim_of(path: Path) -> Path:
    return path.with_name(path.name + CLAIM_SUFFIX)
