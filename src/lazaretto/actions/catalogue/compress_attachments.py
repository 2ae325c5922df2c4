"""Large files made smaller: each in a ZIP archive of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from lazaretto.actions.api import ActionCard, Change, Occasion
from lazaretto.core.cards import Service
from lazaretto.core.decision import Splice
from lazaretto.mail.attaching import disposition, in_base64, name_of, replaceable, replaced
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

SMALLEST: Final = 10_000
"""Octets below which an archive is not worth a click."""
LARGEST: Final = 20_000_000
MOST_NEW: Final = 8_000_000
"""Octets that one message's archives may have in all: they travel and rest with the decision."""
WORTH: Final = 0.9
"""An archive must be smaller than this share of the file."""
_FIXED_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PACKED: Final = (
    b"PK",
    b"7z",
    b"\x1f\x8b",
    b"Rar!",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"BZh",
    b"\xfd7zXZ",
    b"GIF8",
)


class CompressAttachments:
    """Packs each attachment that gets smaller by it into a ZIP archive."""

    card: ClassVar = ActionCard(
        name="compress-attachments",
        summary="Packs large attachments into ZIP archives",
        service=Service.DATA_PROTECTION,
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices; what is packed already stays as it is."""
        return Change() if occasion.view is None else Change(splices=tuple(_splices(occasion.view)))


def _splices(view: MessageView) -> Iterator[Splice]:
    left = MOST_NEW
    for part in replaceable(view):
        archive = _archive(part)
        if archive is None or len(archive) * 4 // 3 > left:
            continue
        left -= len(archive) * 4 // 3
        fields = (
            ("Content-Type", "application/zip"),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", disposition(f"{name_of(part)}.zip")),
        )
        yield from replaced(part, view, fields, in_base64(archive))


def _archive(part: Part) -> bytes | None:
    """Return the archive; None where it is not worth it."""
    if not SMALLEST <= part.length <= LARGEST * 4 // 3:
        return None
    decoded = part.decoded_part(LARGEST)
    if decoded.cut or decoded.octets.startswith(_PACKED):
        return None
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed time, so that the same message always becomes the same octets.
        archive.writestr(zipfile.ZipInfo(name_of(part), _FIXED_TIME), decoded.octets, zipfile.ZIP_DEFLATED)
    return octets.getvalue() if octets.tell() < WORTH * len(decoded.octets) else None
