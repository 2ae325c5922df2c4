"""Public sets of YARA rules are read, find what they are made for, and call no honest document bad."""

from __future__ import annotations

import logging
import tarfile
from pathlib import Path

import pytest

from lazaretto.detect.malware.yara_rules import YARA_MALWARE, YARA_TIME_LIMIT, YaraRules
from lazaretto.detect.settings import DetectSettings
from lazaretto.mail.scanner import view_of
from tests.unit.detect.malware.containers import a_letter
from tests.unit.detect.malware.test_hiding_places import FACTS

ENDINGS = (".yar", ".yara")
LARGEST = 400_000
MOST_LEFT_OUT = 5


@pytest.fixture(scope="module")
def sets(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yara")
    with tarfile.open(corpora / "yara.tar.xz") as archive:
        for number, member in enumerate(archive):
            reader = archive.extractfile(member) if member.name.endswith(ENDINGS) else None
            if reader is not None:
                (folder / f"{number}.yar").write_bytes(reader.read())
    return folder


@pytest.mark.corpora
@pytest.mark.timeout(600)
def test_public_rules_are_read_and_convict_no_honest_document(
    corpora: Path, sets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(list(sets.iterdir())) > 1_000
    with caplog.at_level(logging.ERROR, logger="lazaretto"):
        detector = YaraRules.configured(DetectSettings(yara_rules=str(sets)))
    assert len([each for each in caplog.records if "left out" in each.getMessage()]) <= MOST_LEFT_OUT

    looked, convicted = 0, []
    with tarfile.open(corpora / "dlp-docs.tar.xz") as archive:
        for member in archive:
            reader = archive.extractfile(member) if member.isfile() and member.size < LARGEST else None
            if reader is None:
                continue
            looked += 1
            letter = view_of(a_letter({Path(member.name).name: reader.read()}))
            symbols = {each.symbol for each in detector.look(letter, FACTS, None)}
            if symbols & {YARA_MALWARE.name, YARA_TIME_LIMIT.name}:
                convicted.append(member.name)

    assert looked > 200
    assert convicted == []
