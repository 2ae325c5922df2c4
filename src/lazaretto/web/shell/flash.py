"""What the next page says at its top: that something was done, and how to take it back."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from django.http import HttpRequest

_KEY: Final = "flash"
_MOST: Final = 5


class Level(Enum):
    """How a message looks and is announced."""

    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


def flash(
    request: HttpRequest,
    text: object,
    *,
    level: Level = Level.SUCCESS,
    undo: str = "",
    undo_label: object = "",
) -> None:
    """Let the next page say ``text``; ``undo`` is a path of ours to which a button posts."""
    kept = request.session.get(_KEY, [])
    entry = {"text": str(text), "level": level.value, "undo": undo, "undo_label": str(undo_label)}
    request.session[_KEY] = [*kept, entry][-_MOST:]


def taken(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what is to be said, and forget it."""
    if not hasattr(request, "session") or _KEY not in request.session:
        return []
    found: list[dict[str, Any]] = request.session.pop(_KEY)
    return found
