"""Stored content as it was received: small ones in memory, larger ones in a sealed temporary file."""

from __future__ import annotations

from pathlib import Path

from lazaretto.core.content import ReceivedContent
from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.spool.content import ContentStore
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import Intake


class ContentReader:
    """Reads content for those who look at it."""

    def __init__(self, store: ContentStore, temporary: Path, settings: ContentSettings) -> None:
        self._store = store
        self._temporary = temporary
        self._settings = settings

    async def fetch(self, ref: ContentRef) -> ReceivedContent:
        """Return the content of ``ref``; whoever takes it calls ``intake.discard`` in the end."""
        if ref.kind is ContentKind.INLINE:
            octets = await self._store.open(ref)
            return ReceivedContent(size=ref.size, sha256=ref.sha256, octets=octets[0 : ref.size])
        intake = Intake(self._temporary, self._settings)
        try:
            async for piece in self._store.stream(ref):
                intake.write(piece)
            return intake.finish()
        except LazarettoError:
            intake.abort()
            raise
