"""STARTTLS: begin again, unheard by others (RFC 3207)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.hangup import Hangup
from lazaretto.edge.replies import (
    BAD_ORDER,
    GREET_FIRST,
    NO_ARGUMENT,
    OUT_OF_STEP,
    READY_FOR_TLS,
    TLS_ALREADY,
    TLS_UNAVAILABLE,
)
from lazaretto.edge.states import Transaction, Unintroduced
from lazaretto.edge.verb import Verb
from lazaretto.protocol.lines import reply_line

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _starttls(session: Session, argument: bytes) -> Reply | None:
    if argument:
        return NO_ARGUMENT
    if session.client.tls is not None:
        return TLS_ALREADY
    if not session.can_start_tls:
        return TLS_UNAVAILABLE
    match session.state:
        case Unintroduced():
            return GREET_FIRST
        case Transaction():
            return BAD_ORDER
    # What was sent in clear behind STARTTLS must never be taken for something said inside TLS.
    if session.wire.has_input:
        raise Hangup(OUT_OF_STEP, "octets behind STARTTLS")
    session.wire.say(reply_line(READY_FOR_TLS))
    await session.start_tls()
    return None


VERBS: Final = (Verb("STARTTLS", _starttls, ends_group=True),)
