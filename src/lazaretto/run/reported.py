"""What is in a report that somebody mailed: who sends it, and the messages that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.octets import Octets
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView

MOST_MESSAGES: Final = 10
"""Messages of one report that are looked at."""
LARGEST: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class Reported:
    """One message that a report is about."""

    octets: bytes
    about: str
    """Its Message-ID, or what else it is known by."""


def reported_in(octets: Octets) -> tuple[Reported, ...]:
    """Return the messages that a report holds as attachments; empty where it holds none."""
    return tuple(_attached(view_of(octets)))


def reporter_of(octets: Octets, snapshot: TenantSnapshot) -> str:
    """Return whose report it is: an author of the tenant's own; empty where it is a stranger's."""
    author = view_of(octets).author
    if author is None or not snapshot.accepts(str(author.address)):
        return ""
    return snapshot.mailbox_of(fold(str(author.address)))


def _attached(view: MessageView) -> Iterator[Reported]:
    found = 0
    for part in view.parts:
        names = " ".join(part.names).lower()
        if part.is_alternative or found == MOST_MESSAGES:
            continue
        if part.content_type == "message/rfc822" or names.endswith(".eml"):
            inner = part.decoded(LARGEST)
            if inner.strip():
                found += 1
                yield Reported(inner, view_of(inner).message_id or f"message {found}")
