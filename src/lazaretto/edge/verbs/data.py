"""DATA: the message itself, and the one reply that counts (RFC 5321 §4.1.1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.acceptance import conclude
from lazaretto.edge.reception import receive
from lazaretto.edge.replies import GO_AHEAD, MAIL_FIRST, NO_ARGUMENT, RCPT_FIRST
from lazaretto.edge.states import Transaction
from lazaretto.edge.verb import Verb
from lazaretto.protocol.lines import reply_line

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _data(session: Session, argument: bytes) -> Reply:
    if argument:
        return NO_ARGUMENT
    transaction = session.state
    if not isinstance(transaction, Transaction):
        return MAIL_FIRST
    if not transaction.admitted:
        return RCPT_FIRST
    session.wire.say(reply_line(GO_AHEAD))
    try:
        with session.busy():
            received = await receive(session, transaction)
            return await conclude(session, transaction, received)
    finally:
        # Whatever the reply is, nothing of this transaction may leak into the next.
        session.reset()


VERBS: Final = (Verb("DATA", _data, ends_group=True),)
