"""Files that a tenant does not take: a note in place of each says what was there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import ClassVar, Final

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service
from lazaretto.core.decision import Splice
from lazaretto.mail.attaching import disposition, in_base64, name_of, replaceable, replaced
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

ENDING: Final = ".removed.txt"
LONGEST_NOTE: Final = 4_000
WORDS: Final[Mapping[str, str]] = {
    "en": 'The file "{name}" was removed by a rule of {tenant}.',
    "fr": "Le fichier « {name} » a été retiré selon une règle de {tenant}.",
    "nl": 'Het bestand "{name}" is verwijderd volgens een regel van {tenant}.',
    "de": "Die Datei „{name}“ wurde nach einer Regel von {tenant} entfernt.",
}


class StripAttachments:
    """Replaces attachments whose name fits by a note with name, size and SHA-256."""

    card: ClassVar = ActionCard(
        name="strip-attachments",
        summary="Replaces attachments by a note that says what was removed",
        service=Service.DATA_PROTECTION,
        parameters=(Parameter(name="names", summary="Patterns such as *.exe, one per line"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices; a note of ours stays as it is."""
        view = occasion.view
        if view is None:
            return Change()
        patterns = [each.casefold() for each in parameters.get("names", "").split("\n") if each]
        words = WORDS.get(occasion.snapshot.language, WORDS["en"])
        return Change(splices=tuple(_splices(view, patterns, words, occasion.snapshot.name)))


def _splices(view: MessageView, patterns: list[str], words: str, tenant: str) -> Iterator[Splice]:
    for part in replaceable(view):
        names = [name.casefold() for name in part.names] or [""]
        if _is_note(part) or not any(fnmatchcase(name, each) for name in names for each in patterns):
            continue
        name = name_of(part)
        fields = (
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", disposition(name + ENDING)),
        )
        yield from replaced(
            part, view, fields, in_base64(_note(part, words.format(name=name, tenant=tenant)))
        )


def _note(part: Part, sentence: str) -> bytes:
    digest, size = hashlib.sha256(), 0
    for piece in part.stream():
        digest.update(piece)
        size += len(piece)
    return f"{sentence}\r\n\r\n{size} octets, SHA-256 {digest.hexdigest()}\r\n".encode()


def _is_note(part: Part) -> bool:
    """Tell whether it is a note of ours, or a short text that pretends to be one and does no harm."""
    named = all(name.casefold().endswith(ENDING) for name in part.names)
    return bool(part.names) and named and part.content_type == "text/plain" and part.length < LONGEST_NOTE
