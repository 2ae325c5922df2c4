"""Files are known by their octets."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.filetype import FileType, file_type


def zipped(*names: str) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x")
    return octets.getvalue()


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        pytest.param(b"", FileType.EMPTY, id="nothing"),
        pytest.param(b"Hello there\n", FileType.TEXT, id="text"),
        pytest.param(
            b"MZ is how this long line of honest prose begins, " * 3, FileType.TEXT, id="prose in MZ"
        ),
        pytest.param(b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0", FileType.PE, id="PE"),
        pytest.param(b"MZ" + b"\0" * 62 + b"x" * 90, FileType.DOS, id="DOS"),
        pytest.param(b"\x7fELF\x02", FileType.ELF, id="ELF"),
        pytest.param(b"\xcf\xfa\xed\xfe", FileType.MACH_O, id="Mach-O"),
        pytest.param(b"\xca\xfe\xba\xbe\0\0\0\x02", FileType.MACH_O, id="fat Mach-O"),
        pytest.param(b"\xca\xfe\xba\xbe\0\0\0\x34", FileType.JAVA_CLASS, id="Java class"),
        pytest.param(b"#!/bin/sh\n", FileType.SCRIPT, id="shell"),
        pytest.param(b"@echo off\r\n", FileType.SCRIPT, id="batch"),
        pytest.param(zipped("a.txt"), FileType.ZIP, id="zip"),
        pytest.param(zipped("[Content_Types].xml", "word/document.xml"), FileType.OOXML, id="docx"),
        pytest.param(zipped("mimetype"), FileType.ODF, id="odt"),
        pytest.param(zipped("META-INF/MANIFEST.MF"), FileType.JAR, id="jar"),
        pytest.param(zipped("AndroidManifest.xml"), FileType.APK, id="apk"),
        pytest.param(b"7z\xbc\xaf\x27\x1c", FileType.SEVEN_ZIP, id="7z"),
        pytest.param(b"Rar!\x1a\x07\x01\0", FileType.RAR, id="rar"),
        pytest.param(b"\x1f\x8b\x08", FileType.GZIP, id="gz"),
        pytest.param(b"MSCF\0\0", FileType.CAB, id="cab"),
        pytest.param(b"\0" * 0x8001 + b"CD001", FileType.ISO, id="iso"),
        pytest.param(b"\0" * 257 + b"ustar\0", FileType.TAR, id="tar"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType.OLE, id="OLE"),
        pytest.param(b"{\\rtf1", FileType.RTF, id="RTF"),
        pytest.param(b"junk\n%PDF-1.4", FileType.PDF, id="PDF after junk"),
        pytest.param(b"L\0\0\0\x01\x14\x02\0", FileType.LNK, id="shortcut"),
        pytest.param(b"[InternetShortcut]\r\nURL=file://x", FileType.URL_FILE, id="internet shortcut"),
        pytest.param(b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", FileType.ONENOTE, id="OneNote"),
        pytest.param(b"ITSF\x03", FileType.CHM, id="CHM"),
        pytest.param(b"\x89PNG\r\n\x1a\n", FileType.PNG, id="PNG"),
        pytest.param(b"\n <!DOCTYPE html>", FileType.HTML, id="HTML"),
        pytest.param(b"\xff\xfe" + "<html>".encode("utf-16-le"), FileType.HTML, id="HTML in UTF-16"),
        pytest.param(b"<svg xmlns=", FileType.SVG, id="SVG"),
        pytest.param(b"\x78\x9f\x3e\x22", FileType.TNEF, id="TNEF"),
        pytest.param(b"BEGIN:VCALENDAR\r\n", FileType.ICALENDAR, id="calendar"),
        pytest.param(b"From: a@b\nSubject: c\n\nd", FileType.MESSAGE, id="message"),
        pytest.param(b"\x01\x02\x03", FileType.UNKNOWN, id="something else"),
    ],
)
def test_a_file_is_what_its_octets_are(octets: bytes, kind: FileType) -> None:
    assert file_type(octets) is kind


@given(st.binary(max_size=300))
def test_nothing_raises(octets: bytes) -> None:
    assert isinstance(file_type(octets), FileType)
