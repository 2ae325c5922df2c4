"""The partitioned tables of database ``trace``."""

from __future__ import annotations

from typing import Final

from lazaretto.db.partitions import Partitioned, Span

EVENT: Final = Partitioned("event", Span.DAY)
MESSAGE: Final = Partitioned("trace_message", Span.DAY)
RECIPIENT: Final = Partitioned("trace_recipient", Span.DAY)
LOOK: Final = Partitioned("trace_look", Span.DAY)
FEATURE: Final = Partitioned("feature", Span.DAY)
MAIL_EVENT: Final = Partitioned("mail_event", Span.DAY)
"""Kept as long as figures; its days are made where somebody wants such events."""
TRACE: Final = (EVENT, MESSAGE, RECIPIENT, LOOK, FEATURE)
