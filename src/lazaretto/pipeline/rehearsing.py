"""A letter of our own that is looked at before any other: no stranger's is the one that waits.

What detectors and libraries do at their first use only, from compiling patterns to starting a parser,
takes longer than a look at most mail, and so does the copying of pages that every look writes.  A
worker that takes the place of another does both before anybody waits for it.
"""

from __future__ import annotations

import io
import zipfile
from base64 import encodebytes
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final

import structlog

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.wire import LookRequest, SnapshotKey

log = structlog.get_logger(__name__)

_TENANT: Final = TenantId(0)
_RECIPIENT: Final = Recipient(address="rehearsal@recipient.invalid")
_CLIENT: Final = Client(ip="192.0.2.1", helo="sender.invalid")
_WORDS: Final = "We met on Tuesday and agreed on the terms, which you find at https://sender.invalid/terms. "
_DOCUMENT: Final = {
    "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
    "word/document.xml": f"<document>{_WORDS * 4}</document>",
}
_FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "terms.docx": _DOCUMENT,
    "terms.zip": {"terms.txt": _WORDS},
}


def rehearse(inspector: Inspector) -> None:
    """Look at the letter and judge it; nothing comes of it.  Never raises."""
    octets = _letter()
    request = LookRequest(
        new_message_id(),
        _CLIENT,
        Envelope(reverse_path="ann@sender.invalid", recipients=(_RECIPIENT,)),
        (Leg(tenant=_TENANT, direction=Direction.INBOUND, recipients=(_RECIPIENT,)),),
        ReceivedContent(size=len(octets), sha256=bytes(32), octets=octets),
        Gathered(received_at=datetime.now(UTC), client=_CLIENT),
        (SnapshotKey(_TENANT, 0),),
    )
    snapshot = TenantSnapshot(tenant=_TENANT, name="rehearsal", version=0, domains={"recipient.invalid": ()})
    try:
        inspector.look_and_judge(request, octets, {_TENANT: snapshot})
    except Exception:
        # The letters to come may fare better, and each of them says for itself when it does not.
        log.exception("the letter of our own could not be looked at")


@cache
def _letter() -> bytes:
    parts = [
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{_WORDS * 8}\r\n",
        f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>{_WORDS * 8}</p></body></html>\r\n",
        *(_attached(name, _packed(members)) for name, members in _FILES.items()),
    ]
    head = (
        "From: Ann <ann@sender.invalid>\r\nTo: rehearsal@recipient.invalid\r\nSubject: The terms\r\n"
        "Date: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.invalid>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=limit\r\n\r\n"
    )
    body = "".join(f"--limit\r\n{part}" for part in parts)
    return f"{head}{body}--limit--\r\n".encode()


def _attached(name: str, octets: bytes) -> str:
    coded = encodebytes(octets).decode("ascii").replace("\n", "\r\n")
    return (
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n{coded}'
    )


def _packed(members: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()
