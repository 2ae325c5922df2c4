"""What a verb is: a word, and what it does in a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazaretto.core.reply import Reply

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of the dialogue."""

    name: str
    obey: Callable[[Session, bytes], Awaitable[Reply | None]]
    """Do it; the reply is said for it unless it is None.  Raises ``BadSyntax`` or ``Hangup``."""
    is_junk: bool = False
    """It does nothing by itself; a session may say only so many of these between two messages."""
    ends_group: bool = False
    """Nothing may be sent behind it before it was answered (RFC 2920 §3.1)."""
