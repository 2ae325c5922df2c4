"""EHLO and HELO: the client introduces itself and hears what we can do (RFC 5321 §4.1.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.states import Introduced, Unintroduced
from lazaretto.edge.verb import Verb
from lazaretto.protocol.lines import reply_lines
from lazaretto.protocol.paths import parse_helo

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _ehlo(session: Session, argument: bytes) -> None:
    _introduce(session, argument, extended=True)
    session.wire.say(reply_lines(250, _offers(session)))


async def _helo(session: Session, argument: bytes) -> Reply:
    _introduce(session, argument, extended=False)
    return Reply(250, "", session.host_name)


def _introduce(session: Session, argument: bytes, *, extended: bool) -> None:
    name = parse_helo(argument)
    if not isinstance(session.state, Unintroduced):
        session.count_junk()
    session.reset()
    session.state = Introduced(name, extended)


def _offers(session: Session) -> list[str]:
    offers = [
        session.host_name,
        "PIPELINING",
        f"SIZE {session.settings.max_message_size}",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "DSN",
    ]
    if session.can_start_tls:
        offers.append("STARTTLS")
    return offers


VERBS: Final = (Verb("EHLO", _ehlo, ends_group=True), Verb("HELO", _helo, ends_group=True))
