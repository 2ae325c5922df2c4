"""RSET: forget the transaction (RFC 5321 §4.1.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.replies import NO_ARGUMENT, OK
from lazaretto.edge.verb import Verb

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _rset(session: Session, argument: bytes) -> Reply:
    if argument:
        return NO_ARGUMENT
    session.reset()
    return OK


VERBS: Final = (Verb("RSET", _rset, is_junk=True),)
