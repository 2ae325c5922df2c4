"""The parts of a message that its reader reads, and whether they may be changed.

What is signed or encrypted end to end is left alone: one octet more and the signature is void.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lazaretto.mail.part import Part
from lazaretto.mail.transfer import Encoding
from lazaretto.mail.view import MessageView

SEALED_TYPES: Final = frozenset(
    {
        "multipart/signed",
        "multipart/encrypted",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pgp-encrypted",
    }
)
LONGEST: Final = 4 << 20
"""Octets of a body that is changed; nobody reads a longer one."""
_EDITABLE: Final = frozenset({Encoding.IDENTITY, Encoding.QUOTED_PRINTABLE, Encoding.BASE64})
_ARMOUR: Final = (b"-----BEGIN PGP ", b"-----BEGIN PKCS7")


def readable_bodies(view: MessageView) -> tuple[Part, ...]:
    """Return the text parts that make up the message's body: one text, or its alternatives.

    Empty when there is none, when it is signed or encrypted, or when clients disagree what it is.
    """
    by_path = {part.path: part for part in view.parts if not part.is_alternative}
    first = next((part for part in view.leaves if _is_body(part, by_path)), None)
    if first is None:
        return ()
    above = [by_path[path] for path in _above(first.path) if path in by_path]
    alternatives = [part for part in above if part.content_type == "multipart/alternative"]
    if not alternatives:
        return (first,) if is_editable(first) else ()
    branch = alternatives[-1].path + "."
    members = [part for part in view.leaves if part.path.startswith(branch) and _is_body(part, by_path)]
    return tuple(part for part in members if is_editable(part))


def is_sealed(part: Part, view: MessageView) -> bool:
    """Tell whether ``part`` is, or lies in, what is signed or encrypted end to end."""
    by_path = {each.path: each for each in view.parts if not each.is_alternative}
    return _is_sealed(part, by_path)


def is_editable(part: Part) -> bool:
    """Tell whether octets can be added to ``part`` without touching the others."""
    if part.embedded or part.encoding not in _EDITABLE or part.length > LONGEST:
        return False
    # Two encodings or types are read by two clients in two ways; both would have to be served.
    return len(part.header.all("content-transfer-encoding")) < 2 and not part.header.is_odd


def _is_body(part: Part, by_path: dict[str, Part]) -> bool:
    if not part.is_text or part.is_attachment or part.disposition == "attachment":
        return False
    if _is_sealed(part, by_path) or any(mark in part.decoded(64 << 10) for mark in _ARMOUR):
        return False
    return not any(by_path[path].main_type == "message" for path in _above(part.path) if path in by_path)


def _is_sealed(part: Part, by_path: dict[str, Part]) -> bool:
    if part.content_type in SEALED_TYPES:
        return True
    return any(by_path[path].content_type in SEALED_TYPES for path in _above(part.path) if path in by_path)


def _above(path: str) -> Iterator[str]:
    """Yield the paths of the parts that hold the one at ``path``, outermost first."""
    steps = path.split(".")
    for length in range(1, len(steps)):
        yield ".".join(steps[:length])
