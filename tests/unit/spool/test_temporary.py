"""Temporary folders of dead processes go; those of living ones, and what is not ours, stay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lazaretto.spool.temporary import TemporaryFolder, remove_dead_folders

_MAKE_AND_WAIT = """
import sys
from pathlib import Path
from lazaretto.spool.temporary import TemporaryFolder
folder = TemporaryFolder(Path(sys.argv[1]))
(folder.path / "file").write_bytes(b"noise")
print(folder.path, flush=True)
sys.stdin.read()
"""


def test_the_folder_of_a_living_process_stays_until_it_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _MAKE_AND_WAIT, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().decode().strip())
        while_alive = remove_dead_folders(tmp_path)
        there = (folder / "file").exists()
        process.kill()
        process.wait()

    assert (while_alive, there) == (0, True)
    assert remove_dead_folders(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    with TemporaryFolder(tmp_path) as folder:
        (folder.path / "file").touch()
        assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.close()

    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_temporary_folder_of_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "README").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / ("0" * 32)).touch()
    (tmp_path / ("1" * 32)).symlink_to(tmp_path / "mine")

    assert remove_dead_folders(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 4


def test_a_folder_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert remove_dead_folders(tmp_path / "tmp") == 0
