"""A file gets its place whole: readers, other writers, kills and full disks notwithstanding."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.files import placing
from lazaretto.files.placing import replace_durably, replace_whole, write_new_durably

Write = Callable[[Path, bytes], Any]
EVERY = pytest.mark.parametrize("write", [replace_whole, replace_durably, write_new_durably])
REPLACING = pytest.mark.parametrize("write", [replace_whole, replace_durably])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


@EVERY
def test_what_is_written_is_there_alone_and_private(path: Path, write: Write) -> None:
    write(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(path) == ["kept"]


@REPLACING
def test_who_opened_the_old_one_reads_it_to_its_end(path: Path, write: Write) -> None:
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write(path, b"new")

        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_name_that_is_taken_stays_what_it_is(path: Path) -> None:
    path.write_bytes(b"old")

    assert not write_new_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(path) == ["kept"]


@EVERY
def test_what_a_kill_left_beside_is_taken_away(path: Path, write: Write) -> None:
    (path.parent / ".kept.new").write_bytes(b"half of something that was longer")

    write(path, b"new")

    assert path.read_bytes() == b"new"
    assert names(path) == ["kept"]


def test_a_second_name_that_a_kill_left_is_not_written_to(path: Path) -> None:
    """Killed after the link: both names are of the file in its place, which a write must not empty."""
    path.write_bytes(b"old")
    os.link(path, path.parent / ".kept.new")
    with path.open("rb") as reader:
        replace_durably(path, b"new")

        assert reader.read() == b"old"
    assert names(path) == ["kept"]


@EVERY
def test_a_full_disk_leaves_what_was_and_nothing_beside(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(path, b"new")

    assert names(path) == []


@pytest.mark.parametrize(
    ("write", "synced"),
    [
        pytest.param(replace_whole, [], id="whole"),
        pytest.param(replace_durably, ["file", "folder"], id="durably"),
        pytest.param(write_new_durably, ["file", "folder"], id="new"),
    ],
)
def test_octets_are_synced_before_the_name(
    path: Path, write: Write, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def note(fd: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        assert path.exists() is is_folder
        seen.append("folder" if is_folder else "file")

    monkeypatch.setattr(placing.os, "fsync", note)
    write(path, b"new")

    assert seen == synced


_WRITE_OFTEN = """
import sys
from pathlib import Path
from lazaretto.files.placing import replace_whole
sys.stdin.readline()
for _ in range(300):
    replace_whole(Path(sys.argv[1]), sys.argv[2].encode() * 5_000)
"""


def test_several_may_write_at_once_and_readers_see_one_of_them(path: Path) -> None:
    replace_whole(path, b"0" * 5_000)
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITE_OFTEN, path, str(number)], stdin=subprocess.PIPE)
        for number in range(3)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.close()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        octets = path.read_bytes()
        assert len(octets) == 5_000
        seen |= {*octets.decode()}
        assert len({*octets}) == 1

    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert {"0", "1", "2"} & seen
    assert names(path) == ["kept"]
