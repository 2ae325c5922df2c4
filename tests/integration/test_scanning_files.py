"""Messages in files are looked at whatever their size, up to what a server takes."""

from __future__ import annotations

from base64 import encodebytes
from pathlib import Path

from lazaretto.core.findings import Verdict
from lazaretto.detect.malware.eicar import EICAR
from lazaretto.pipeline.wire import MAX_FRAME
from lazaretto.run.scanning import Assumptions, Scanning

HEAD = (
    b"From: a@sender.example\r\nSubject: plans\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n"
)


def a_letter(*files: bytes) -> bytes:
    parts = (
        b"\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(each)
        for each in files
    )
    return HEAD + b"".join(parts) + b"\r\n--b--\r\n"


def test_a_message_larger_than_a_frame_is_looked_at_and_so_are_those_behind_it(tmp_path: Path) -> None:
    files = [tmp_path / "large.eml", tmp_path / "small.eml"]
    files[0].write_bytes(a_letter(bytes(range(256)) * (MAX_FRAME // 256), EICAR))
    files[1].write_bytes(a_letter(EICAR))

    with Scanning(None, None) as scanning:
        reports = list(scanning.reports(files, Assumptions()))

    judged = [each.judgement for each in reports]
    assert [each is not None and each.verdict for each in judged] == [Verdict.MALWARE] * 2
