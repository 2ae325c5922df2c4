"""QUIT: a polite end (RFC 5321 §4.1.1.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.hangup import Hangup
from lazaretto.edge.replies import BYE, NO_ARGUMENT
from lazaretto.edge.verb import Verb

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _quit(_session: Session, argument: bytes) -> Reply:
    if argument:
        return NO_ARGUMENT
    raise Hangup(BYE, "", is_foul=False)


VERBS: Final = (Verb("QUIT", _quit),)
