"""NOOP and HELP: an answer, nothing else (RFC 5321 §4.1.1.8, §4.1.1.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.replies import HELP, OK
from lazaretto.edge.verb import Verb

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _noop(_session: Session, _argument: bytes) -> Reply:
    return OK


async def _help(_session: Session, _argument: bytes) -> Reply:
    return HELP


VERBS: Final = (Verb("NOOP", _noop, is_junk=True), Verb("HELP", _help, is_junk=True))
