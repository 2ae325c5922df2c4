"""When a message says it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from lazaretto.mail.view import MessageView


def date_of(message: MessageView, name: str) -> datetime | None:
    """Return the time in the first field ``name``, ``date`` or ``received``; None when there is none."""
    field = message.first(name)
    if field is None:
        return None
    text = field.decoded if name == "date" else field.decoded.rpartition(";")[2]
    return _moment(text[:100])


@lru_cache(16)
def _moment(text: str) -> datetime | None:
    """Return the time that ``text`` means; several checks ask for the same."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
