"""A message that is refused before anybody looks at what it says."""

from __future__ import annotations

from dataclasses import dataclass

from lazaretto.core.reply import Reply


@dataclass(frozen=True, slots=True)
class Unfit:
    """A message that is refused for its form, for want of a right to go out, or for lack of room."""

    reply: Reply
    reason: str
    """The truth, for our own people."""
    too_big: TooBig | None = None


@dataclass(frozen=True, slots=True)
class TooBig:
    """How much too big a message is, when that is why it is refused."""

    size: int
    limit: int
    is_automatic: bool
    """Sent by a program or a list: nobody else is told, so that programs never talk to programs."""
