"""Compiled patterns are remembered, and nothing odd is ever loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

hyperscan = pytest.importorskip("hyperscan", reason="no hyperscan wheel for this machine")

from lazaretto.detect.content.matching import HyperscanMatcher  # noqa: E402 - after the check above
from lazaretto.detect.content.remembering import remembered  # noqa: E402


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lazaretto"


def _refuse() -> object:
    raise AssertionError("compiled again")


def test_what_was_compiled_once_is_loaded_and_finds_the_same() -> None:
    patterns = ["winner", "prize of \\d+"]
    first = HyperscanMatcher(patterns).matched(b"a prize of 100 for the WINNER")

    second = HyperscanMatcher(patterns).matched(b"a prize of 100 for the WINNER")

    assert first == second
    assert set(first) == {0, 1}


def test_other_patterns_are_not_mixed_up() -> None:
    HyperscanMatcher(["one"])

    assert dict(HyperscanMatcher(["two"]).matched(b"one")) == {}


def test_a_damaged_file_means_compiling_again(cache: Path) -> None:
    HyperscanMatcher(["one"])
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    assert set(HyperscanMatcher(["one"]).matched(b"one")) == {0}


def test_a_folder_that_others_can_write_to_is_not_trusted(cache: Path) -> None:
    HyperscanMatcher(["one"])
    cache.chmod(0o777)

    with pytest.raises(AssertionError, match="compiled again"):
        remembered("anything", _refuse)


def test_old_files_go(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazaretto.detect.content.remembering.MOST_FILES", 3)
    for number in range(6):
        HyperscanMatcher([f"word{number}"])

    assert len(list(cache.iterdir())) == 3
