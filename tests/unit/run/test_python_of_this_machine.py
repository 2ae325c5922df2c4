"""What `lazaretto doctor` says of the Python that everything runs on."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from lazaretto.run import diagnosis
from lazaretto.run.home import Home
from lazaretto.run.settings import Settings
from tests.load.poison import quoting_zip_bomb


def _answer(tmp_path: Path) -> diagnosis.Answer:
    return diagnosis._python(Home(tmp_path), Settings())


def test_the_probe_says_what_the_reader_does_with_a_bomb() -> None:
    with zipfile.ZipFile(io.BytesIO(quoting_zip_bomb())) as archive:
        try:
            archive.open(archive.infolist()[0]).close()
            refuses = False
        except zipfile.BadZipFile:
            refuses = True

    assert diagnosis.refuses_overlaps() is refuses


@pytest.mark.parametrize(("refuses", "told"), [(True, False), (False, True)])
def test_overlapping_members_are_told_where_they_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: bool, told: bool
) -> None:
    monkeypatch.setattr(diagnosis, "refuses_overlaps", lambda: refuses)

    answer = _answer(tmp_path)

    assert answer.is_right
    assert ("overlapping" in answer.told) is told


def test_an_older_python_is_not_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "OLDEST_PYTHON", (4, 0))

    assert not _answer(tmp_path).is_right
