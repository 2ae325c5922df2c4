"""No sequence but CR LF . CR LF ends a message, so no message brings another with it."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import pytest

from tests.dialogs.conversation import Line
from tests.dialogs.held_by_hand import called, ready_for_data, said, staged

CLEAN = re.compile(rb"(?:[^\r\n]*\r\n)*\Z")
SMUGGLED = (
    b"MAIL FROM:<smuggled@sender.example>\r\nRCPT TO:<alice@customer.example>\r\nDATA\r\nSubject: two\r\n\r\n"
)
SEQUENCES = {
    "LF.LF": b"\n.\n",
    "LF.CRLF": b"\n.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.CR": b"\r\n.\r",
    "LF.CR": b"\n.\r",
    "CR.LF": b"\r.\n",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
    "CRLF.CR NUL LF": b"\r\n.\r\0\n",
    "CRCRLF.CRCRLF": b"\r\r\n.\r\r\n",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "LFCR.LFCR": b"\n\r.\n\r",
    "CRLF. CRLF": b"\r\n. \r\n",
    "CRLF.TAB CRLF": b"\r\n.\t\r\n",
    "CRLF..CRLF": b"\r\n..\r\n",
    "VT": b"\x0b.\x0b",
    "FF": b"\x0c.\x0c",
    "FS": b"\x1c.\x1c",
    "NEL": "\u0085.\u0085".encode(),
    "NEL octet": b"\x85.\x85",
    "LINE SEPARATOR": "\u2028.\u2028".encode(),
    "PARAGRAPH SEPARATOR": "\u2029.\u2029".encode(),
}


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
async def test_a_message_never_brings_another_with_it(sequence: bytes) -> None:
    await _check_one_message(sequence)


async def test_the_published_sequences_bring_no_message_either(corpora: Path) -> None:
    with tarfile.open(corpora / "auth.tar.xz") as archive:
        published = json.load(archive.extractfile("auth/smtp-smuggling/sequences.json"))  # type: ignore[arg-type]

    assert published["end_of_data_sequences"]
    for sequence in published["end_of_data_sequences"].values():
        await _check_one_message(sequence.encode())


async def _check_one_message(sequence: bytes) -> None:
    async with staged() as stage:
        line = await called(stage)
        await ready_for_data(line)
        body = b"Subject: one\r\n\r\nbody" + sequence + SMUGGLED
        assert (await said(line, body + b"\r\n.\r\n")).startswith("250 2.0.0 Queued")
        await _check_nothing_more_is_said(line)

        (kept,) = stage.spool.kept
        assert stage.spool.envelopes == ["ann@sender.example"]
        assert CLEAN.match(kept[0].content.octets or b"")
        assert b"MAIL FROM:<smuggled@sender.example>" in (kept[0].content.octets or b"")


async def _check_nothing_more_is_said(line: Line) -> None:
    assert (await said(line, b"QUIT\r\n")).startswith("221")
    assert await line.end() == b""
