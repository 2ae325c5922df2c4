"""Verbs that we know and do not offer.

BDAT's octets follow without asking; executing them as commands is how other servers were fooled, and
reading them away in silence hides what happened: the session ends.  XCLIENT, XFORWARD and PROXY would
let a stranger say who it is.  HTTP verbs come from web pages that were led to port 25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.hangup import Hangup
from lazaretto.edge.replies import NOT_OFFERED, NOT_SMTP
from lazaretto.edge.verb import Verb

if TYPE_CHECKING:
    from lazaretto.edge.session import Session

_NOT_OFFERED: Final = ("EXPN", "ETRN", "TURN", "ATRN", "AUTH", "XCLIENT", "XFORWARD", "SEND", "SOML", "SAML")
_OF_HTTP: Final = ("GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE", "PRI")


async def _not_offered(_session: Session, _argument: bytes) -> Reply:
    return NOT_OFFERED


async def _bdat(_session: Session, _argument: bytes) -> Reply:
    raise Hangup(NOT_OFFERED, "BDAT without CHUNKING")


async def _proxy(_session: Session, _argument: bytes) -> Reply:
    raise Hangup(NOT_OFFERED, "PROXY from a client")


async def _http(_session: Session, _argument: bytes) -> Reply:
    raise Hangup(NOT_SMTP, "another protocol")


VERBS: Final = (
    *(Verb(name, _not_offered) for name in _NOT_OFFERED),
    *(Verb(name, _http) for name in _OF_HTTP),
    Verb("BDAT", _bdat),
    Verb("PROXY", _proxy),
)
