"""In which languages a sender is told what became of a message.

A tenant's own people read the tenant's language.  Of everybody else only so much is known that he
wrote to people who do: he is told in English, and in that language below it.
"""

from __future__ import annotations

from lazaretto.core.envelope import Direction
from lazaretto.core.queued import QueuedCopy
from lazaretto.core.snapshot import Directory

_COMMON = "en"


class SenderLanguages:
    """Finds languages in the published snapshots."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def of(self, copy: QueuedCopy) -> tuple[str, ...]:
        """Return the languages for the sender of ``copy``, the most important one first."""
        snapshot = self._directory.by_id(copy.lease.tenant)
        language = snapshot.language if snapshot is not None else _COMMON
        if copy.direction is Direction.OUTBOUND or language == _COMMON:
            return (language,)
        return (_COMMON, language)
