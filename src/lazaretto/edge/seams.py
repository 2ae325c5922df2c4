"""What the edge needs and does not know: given to it by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.refusal import Refusal
from lazaretto.core.snapshot import Directory
from lazaretto.core.submission import Commit, Look, NoteRefusal, Refuse


class Intake(Protocol):
    """Takes the octets of one message; never blocks for long, keeps little in memory."""

    def write(self, octets: bytes, /) -> None:
        """Take more octets.  Raises ``StorageFull`` or ``TemporaryFailure``."""

    def finish(self) -> ReceivedContent:
        """Return what was taken.  Raises like ``write``."""

    def abort(self) -> None:
        """Forget what was taken; harmless when repeated."""


def always_room() -> bool:
    """Tell that there is room: for a store that says so itself."""
    return True


def keep_content(_: ReceivedContent) -> None:
    """Do nothing with content that is not needed any more."""


def forget_refusal(_: Refusal) -> None:
    """Remember nothing."""


def ignore_envelope(_client: Client, _reverse_path: str) -> None:
    """Start nothing early."""


def tell_nobody(_: ComposedMessage) -> None:
    """Send no notice."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """The edge's other ends."""

    directory: Directory
    new_intake: Callable[[], Intake]
    look: Look
    commit: Commit
    refuse: Refuse
    note_refusal: NoteRefusal = forget_refusal
    has_room: Callable[[], bool] = always_room
    """Whether storage has room for one more message of any size."""
    discard: Callable[[ReceivedContent], None] = keep_content
    """Called once for all content that an intake finished, whatever became of it."""
    on_envelope: Callable[[Client, str], None] = ignore_envelope
    """Told client and reverse path as soon as MAIL was accepted; must return at once."""
    notify: Callable[[ComposedMessage], None] = tell_nobody
    """Send a notice of ours, best effort; must return at once, and the same id twice is once."""
    now: Callable[[], datetime] = _now
    """The time of day, in UTC; durations go by the event loop's clock."""
