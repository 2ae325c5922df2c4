"""MAIL: a transaction begins with its reverse path (RFC 5321 §4.1.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.replies import (
    GREET_FIRST,
    MESSAGE_TOO_BIG,
    NESTED_MAIL,
    NO_ROOM,
    PARAMETERS_NEED_EHLO,
    SENDER_OK,
)
from lazaretto.edge.states import Introduced, Transaction, Unintroduced
from lazaretto.edge.verb import Verb
from lazaretto.protocol.parameters import MailParameters
from lazaretto.protocol.paths import MailCommand, parse_mail

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _mail(session: Session, argument: bytes) -> Reply:
    match session.state:
        case Unintroduced():
            return GREET_FIRST
        case Transaction():
            return NESTED_MAIL
        case Introduced() as introduced:
            return _begin(session, introduced, parse_mail(argument))


def _begin(session: Session, introduced: Introduced, mail: MailCommand) -> Reply:
    if not introduced.extended and mail.parameters != MailParameters():
        return PARAMETERS_NEED_EHLO
    size, limit = mail.parameters.size, session.settings.max_message_size
    if size is not None and size > limit:
        # RFC 1870 §6.1: no recipient could make it fit, so nobody has to be named first.
        reason = f"announced size too big: {size} octets, {limit} are allowed"
        session.note_refusal("mail", MESSAGE_TOO_BIG, reason, Transaction(introduced, mail))
        return MESSAGE_TOO_BIG
    transaction = Transaction(introduced, mail)
    if not session.seams.has_room():
        session.counters.refused("no room")
        return NO_ROOM
    session.state = transaction
    session.seams.on_envelope(session.client, transaction.reverse_path)
    return SENDER_OK


VERBS: Final = (Verb("MAIL", _mail),)
