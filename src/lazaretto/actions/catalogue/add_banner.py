"""A line below the text that says that the message was looked at for malware.

It is written into the text that a reader sees, without touching anything else.  What is signed or
encrypted as a whole is left alone: the line would break what the sender sealed.  The words are ASCII
in every language, so that they fit whatever charset a text has.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service
from lazaretto.core.decision import Splice
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "This message was scanned for malware.",
        "fr": "Ce message a fait l'objet d'une recherche de logiciels malveillants.",
        "nl": "Dit bericht is gecontroleerd op schadelijke software.",
        "de": "Diese Nachricht wurde auf Schadsoftware untersucht.",
    }
)
MAX_BODY: Final = 1 << 20
"""Octets of a text above which it is left as it is."""
_SEALED: Final = frozenset(
    {"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
)
_WIDE: Final = ("utf-16", "utf-32", "utf-7", "iso-2022", "ucs", "hz")
_LINE: Final = 57


class AddBanner:
    """Adds the line to the first plain text and the first HTML text; never twice."""

    card: ClassVar = ActionCard(
        name="add-banner",
        summary="Says below the text that the message was looked at for malware",
        service=Service.ANTIMALWARE,
        parameters=(Parameter(name="language", summary="Language of the words: en, fr, nl or de"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices of the texts."""
        view = occasion.view
        if view is None or any(part.content_type in _SEALED for part in view.parts):
            return Change()
        words = WORDS.get(parameters.get("language", "en"), WORDS["en"])
        return Change(splices=tuple(_splices(view, words)))


def _splices(view: MessageView, words: str) -> Iterator[Splice]:
    seen = set()
    for part in view.leaves:
        kind = part.content_type
        if kind not in ("text/plain", "text/html") or kind in seen or not _can_take(part):
            continue
        seen.add(kind)
        splice = _splice(view, part, words)
        if splice is not None:
            yield splice


def _can_take(part: Part) -> bool:
    return (
        not part.is_attachment
        and not part.embedded
        and 0 < part.length <= MAX_BODY
        and not part.charset.startswith(_WIDE)
    )


def _splice(view: MessageView, part: Part, words: str) -> Splice | None:
    raw = bytes(view.octets[part.offset : part.end])
    end = view.line_end
    if part.transfer_encoding == "base64":
        return _in_base64(part, words, end)
    if part.transfer_encoding not in ("identity", "quoted-printable") or words.encode() in raw:
        return None
    place, text = _added(part.content_type, raw, words, end)
    return Splice(part.offset + place, 0, text)


def _in_base64(part: Part, words: str, end: bytes) -> Splice | None:
    try:
        octets = part.decoded(MAX_BODY)
    except (ValueError, binascii.Error):
        return None
    if words.encode() in octets or len(octets) >= MAX_BODY:
        return None
    place, text = _added(part.content_type, octets, words, b"\r\n")
    octets = octets[:place] + text + octets[place:]
    lines = [base64.b64encode(octets[start : start + _LINE]) for start in range(0, len(octets), _LINE)]
    return Splice(part.offset, part.length, end.join(lines))


def _added(kind: str, octets: bytes, words: str, end: bytes) -> tuple[int, bytes]:
    """Return where the words go, and how they are written there."""
    if kind == "text/html":
        place = octets.lower().rfind(b"</body")
        line = f"<p><small>{words}</small></p>".encode()
        return (place if place >= 0 else len(octets)), end + line + end
    # The separator of signatures (RFC 3676 §4.3) would make of the words somebody's signature.
    return len(octets), end + b"____" + end + words.encode() + end
