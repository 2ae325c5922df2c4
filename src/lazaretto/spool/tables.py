"""The partitioned tables of database ``spool``."""

from __future__ import annotations

from typing import Final

from lazaretto.db.partitions import Partitioned, Span

CONTENT: Final = Partitioned("content", Span.HOUR)
CONTENT_KEPT: Final = Partitioned("content_kept", Span.DAY)
QUARANTINE: Final = Partitioned("quarantine", Span.DAY)
