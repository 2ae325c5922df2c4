"""Mails about accounts, left for the ``jobs`` process, which alone can put something into the spool."""

from __future__ import annotations

import json
from typing import Final

from lazaretto.store.given import given
from lazaretto.store.people.models import Letter
from lazaretto.store.people.sealing import seal

PURPOSE: Final = "letter"


def leave_letter(address: str, kind: str, language: str, **says: str) -> None:
    """Leave a letter of ``kind`` to ``address``; it is sent where somebody known has it, else forgotten."""
    sealed = seal(given().secret, json.dumps(says), PURPOSE)
    Letter.objects.create(address=address, kind=kind, language=language, sealed=sealed)
