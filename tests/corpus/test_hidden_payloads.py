"""Payloads in every hiding place of MIME known are found, or it is said that something was not looked at."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Verdict
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of

FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
WITHOUT_PAYLOAD = b"binhex"
"""What made the corpus wrote the name of a variable, not the test file, into its BinHex files."""


@pytest.mark.corpora
def test_the_test_file_is_found_wherever_structure_hides_it(corpora: Path) -> None:
    looking = [each for each in detectors() if each.card.name.startswith("malware.")]
    missed = []
    with tarfile.open(corpora / "mime.tar.xz") as archive:
        for entry in archive:
            reader = archive.extractfile(entry) if "/mime-is-broken-content/new/" in entry.name else None
            if reader is None:
                continue
            octets = reader.read()
            verdicts = {finding.verdict for finding in look_at(view_of(octets), FACTS, None, looking)}
            if not verdicts & {Verdict.MALWARE, Verdict.UNSCANNABLE} and WITHOUT_PAYLOAD not in octets:
                missed.append(entry.name)

    assert missed == []
