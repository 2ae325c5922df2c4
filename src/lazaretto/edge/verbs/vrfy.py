"""VRFY: one answer for every address, so that nothing can be learnt from it (RFC 5321 §7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.reply import Reply
from lazaretto.edge.replies import CANNOT_VERIFY
from lazaretto.edge.verb import Verb

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _vrfy(_session: Session, _argument: bytes) -> Reply:
    return CANNOT_VERIFY


VERBS: Final = (Verb("VRFY", _vrfy, is_junk=True),)
