"""A look at what rests: harmless, of its beginning, and recorded before it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lazaretto.mail.preview import Preview, preview_of
from lazaretto.mail.scanner import view_of
from lazaretto.store import quarantined
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope

LOOK: Final = "quarantine.look"
"""What the audit calls it."""
MOST: Final = 1_000_000
"""Octets of a message that a preview is made of."""
MOST_HEADER: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is shown of a message."""

    preview: Preview
    header: str
    """The header as received, cut."""


def note_look(scope: Scope, identity: UUID) -> None:
    """Record that the scope's person is about to look at a copy."""
    scope.demand(Area.QUARANTINE, Right.VIEW_CONTENT)
    copy = quarantined.copy(scope, identity)
    with ordered(scope, LOOK, str(copy.id), after={"message": str(copy.message)}):
        pass


def content(scope: Scope, identity: UUID) -> Content | None:
    """Return what is shown of a copy's message; None when we do not have it any more."""
    scope.demand(Area.QUARANTINE, Right.VIEW_CONTENT)
    copy = quarantined.copy(scope, identity)
    path = mail_path()
    octets = path.wait(path.beginning_of(scope.of_tenant, copy.message, MOST))
    if octets is None:
        return None
    header = octets.partition(b"\r\n\r\n")[0][:MOST_HEADER].decode("utf-8", "replace")
    return Content(preview=preview_of(view_of(octets)), header=header)
