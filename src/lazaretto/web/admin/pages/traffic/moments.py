"""Moments as people type them: in their own time zone, in the way of ``datetime-local``."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from lazaretto.core.errors import ConfigurationError


def moment(text: str) -> datetime | None:
    """Return the moment that ``text`` means to the reader; None when it is empty."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as failure:
        raise ConfigurationError(_("“{text}” is no time.").format(text=text)) from failure
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def typed(moment: datetime) -> str:
    """Return how the reader would type ``moment``."""
    return moment.astimezone(timezone.get_current_timezone()).strftime("%Y-%m-%dT%H:%M")
