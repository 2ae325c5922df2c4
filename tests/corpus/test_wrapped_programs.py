"""A program in any of many wrappings is found, or it is said that something was not looked at."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from lazaretto.detect.malware.unpacking import Member, Problem, members
from lazaretto.mail.filetype import file_type


@pytest.mark.corpora
def test_no_wrapping_is_passed_over_in_silence(corpora: Path) -> None:
    missed = []
    with tarfile.open(corpora / "malware-safe.tar.xz") as archive:
        for entry in archive:
            reader = archive.extractfile(entry) if "/mal-clamav-testfiles/clam" in entry.name else None
            if reader is None:
                continue
            octets = reader.read()
            inside = list(members(octets, entry.name))
            files = [octets, *(each.octets for each in inside if isinstance(each, Member))]
            is_found = any(file_type(each).is_executable for each in files)
            if not is_found and not any(isinstance(each, Problem) for each in inside):
                missed.append(entry.name)

    assert missed == []
