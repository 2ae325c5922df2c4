"""Suites of messages that hide a payload from scanners: the union of readings finds it everywhere."""

from __future__ import annotations

import base64
import email
import io
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazaretto.mail.scanner import view_of

pytestmark = pytest.mark.corpora

HIDING = "mime/mime-is-broken-content/new/"
EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
WITHOUT_PAYLOAD = (b"singlepart-binhex", b"singlepart-mac-binhex")
"""The suite's own encoder failed: these hold the words ``ARRAY(0x…)`` in place of an archive."""
ARCHIVE = base64.b64decode(
    "UEsDBBQAAgAIABFKjkk8z1FoRgAAAEQAAAAJAAAAZWljYXIuY29tizD1VwxQdXAMiDaJCYiKMDXRCIjTNHd21jSvVXH1dHYM0g0O"
    "cfRzcQxy0XX0C/EM8wwKDdYNcQ0O0XXz9HFVVPHQ9tACAFBLAQIUAxQAAgAIABFKjkk8z1FoRgAAAEQAAAAJAAAAAAAAAAAAAAC2"
    "gQAAAABlaWNhci5jb21QSwUGAAAAAAEAAQA3AAAAbQAAAAAA"
)


def files(corpora: Path, beginning: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(corpora / "mime.tar.xz") as tar:
        for member in tar:
            if member.isfile() and member.name.startswith(beginning):
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, file.read()


def holds_payload(octets: bytes) -> bool:
    """Tell whether the archive with the test file is in ``octets``, whole or good enough to unpack."""
    if EICAR in octets or ARCHIVE in octets:
        return True
    place = octets.find(b"PK\x03\x04")
    if place < 0:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            return any(EICAR in archive.read(name) for name in archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        return EICAR in _inflated(octets, place)


def _inflated(octets: bytes, place: int) -> bytes:
    name = int.from_bytes(octets[place + 26 : place + 28], "little")
    extra = int.from_bytes(octets[place + 28 : place + 30], "little")
    try:
        return zlib.decompressobj(-15).decompress(octets[place + 30 + name + extra :])
    except zlib.error:
        return b""


def library_finds(octets: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = list(email.message_from_bytes(octets).walk())
        return any(holds_payload(part.get_payload(decode=True) or b"") for part in parts)  # type: ignore[arg-type]


def test_every_hidden_payload_is_found(corpora: Path) -> None:
    messages = [one for one in files(corpora, HIDING) if not any(word in one[1] for word in WITHOUT_PAYLOAD)]
    missed = [
        name
        for name, octets in messages
        if not any(holds_payload(part.decoded()) for part in view_of(octets).parts if not part.is_container)
    ]
    by_library = sum(library_finds(octets) for _, octets in messages)
    print(f"{len(messages) - len(missed)} of {len(messages)} found; the standard library finds {by_library}")

    assert len(messages) == 368
    assert missed == []


def test_no_message_of_any_parser_suite_raises(corpora: Path) -> None:
    read = 0
    for _, octets in files(corpora, "mime/"):
        view = view_of(octets)
        [(part.names, part.real_type, part.decoded()) for part in view.parts]
        _ = view.text, view.urls, view.anomalies
        read += 1

    assert read > 2_000
