"""A kept file is durable in the right order, and a crash at any point leaves all or nothing of it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lazaretto.core.errors import ContentDamaged
from lazaretto.spool.content import REFERENCE
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.sealing import SealedReader, SealedWriter
from lazaretto.spool.temporary import remove_dead_folders

KEY = bytes(32)
CONTENT = bytes(range(256)) * 1000
REFERENCE_1 = "1/20260102/03/01a20d24-f0be-72d9-b459-2828427c4d44-9bec53d6"
REFERENCE_2 = "1/20260102/03/01a20d24-f0be-72d9-b459-2828427c4d44-00000000"
REFERENCE_3 = "1/20260102/04/01a20d24-f0be-72d9-b459-2828427c4d44-00000000"

Steps = list[str]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    writer = SealedWriter(tmp_path / "received", KEY, 4096)
    writer.write(CONTENT)
    writer.finish()
    return writer.path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Steps:
    """What was made durable or named, in order, by paths below ``tmp_path``."""
    seen: Steps = []
    fsync, link, mkdir = os.fsync, os.link, os.mkdir

    def named(path: str | os.PathLike[str]) -> str:
        return Path(path).relative_to(tmp_path).as_posix()

    def recorded_fsync(fd: int) -> None:
        seen.append(f"sync {named(Path(f'/proc/self/fd/{fd}').readlink())}")
        fsync(fd)

    def recorded_link(source: Path, target: Path) -> None:
        link(source, target)
        seen.append(f"name {named(target)}")

    def recorded_mkdir(path: Path, mode: int = 0o777) -> None:
        mkdir(path, mode)
        seen.append(f"make {named(path)}")

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "link", recorded_link)
    monkeypatch.setattr(os, "mkdir", recorded_mkdir)
    return seen


async def test_octets_then_name_are_durable_with_every_new_folder(
    tmp_path: Path, sealed: Path, steps: Steps
) -> None:
    await FileContent(tmp_path / "content").put(sealed, REFERENCE_1)

    assert steps == [
        "sync received",
        "make content",
        "sync .",
        "make content/1",
        "sync content",
        "make content/1/20260102",
        "sync content/1",
        "make content/1/20260102/03",
        "sync content/1/20260102",
        f"name content/{REFERENCE_1}",
        "sync content/1/20260102/03",
    ]


async def test_folders_that_are_durable_already_are_not_synced_again(
    tmp_path: Path, sealed: Path, steps: Steps
) -> None:
    place = FileContent(tmp_path / "content")
    await place.put(sealed, REFERENCE_1)
    steps.clear()
    await place.put(sealed, REFERENCE_2)
    same_hour = list(steps)
    steps.clear()
    await place.put(sealed, REFERENCE_3)

    assert same_hour == ["sync received", f"name content/{REFERENCE_2}", "sync content/1/20260102/03"]
    assert steps == [
        "sync received",
        "make content/1/20260102/04",
        "sync content/1/20260102",
        f"name content/{REFERENCE_3}",
        "sync content/1/20260102/04",
    ]


async def test_folders_that_another_process_made_are_synced_once(
    tmp_path: Path, sealed: Path, steps: Steps
) -> None:
    await FileContent(tmp_path / "content").put(sealed, REFERENCE_1)
    steps.clear()
    await FileContent(tmp_path / "content").put(sealed, REFERENCE_2)

    assert [step for step in steps if step.startswith("sync")] == [
        "sync received",
        "sync .",
        "sync content",
        "sync content/1",
        "sync content/1/20260102",
        "sync content/1/20260102/03",
    ]


async def test_another_file_system_gets_a_durable_copy(
    tmp_path: Path, sealed: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_link)
    place = FileContent(tmp_path / "content")
    await place.put(sealed, REFERENCE_1)

    assert steps[-2:] == [f"sync content/{REFERENCE_1}.part", "sync content/1/20260102/03"]
    assert b"".join(SealedReader(place.octets(REFERENCE_1), KEY).chunks()) == CONTENT
    assert [path.name for path in (tmp_path / "content" / REFERENCE_1).parent.iterdir()] == [
        Path(REFERENCE_1).name
    ]


async def test_a_reference_is_never_overwritten(tmp_path: Path, sealed: Path) -> None:
    place = FileContent(tmp_path / "content")
    await place.put(sealed, REFERENCE_1)

    with pytest.raises(Exception, match="exists"):
        await place.put(sealed, REFERENCE_1)


_DIE_AT_EVERY_STEP = """
import asyncio, os, signal, sys
from pathlib import Path
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.sealing import SealedWriter
from lazaretto.spool.temporary import TemporaryFolder

root, links, reference = Path(sys.argv[1]), sys.argv[2] == "link", sys.argv[3]
steps_left = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def make_deadly(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global steps_left
        if steps_left == 0:
            die()
        steps_left -= 1
        if name == "link" and not links:
            raise OSError(18, "Invalid cross-device link")
        return real(*args, **kwargs)
    setattr(os, name, call)

def keep(home):
    writer = SealedWriter(TemporaryFolder(home / "tmp").path / "received", bytes(32), 65536)
    for name in ("write", "fsync", "mkdir", "link", "rename"):
        make_deadly(name)
    writer.write(bytes(range(256)) * 1000)
    writer.finish()
    asyncio.run(FileContent(home / "content").put(writer.path, reference))
    (home / "told").touch()
    die()

for step in range(100):
    home = root / str(step)
    home.mkdir()
    steps_left = step
    if os.fork() == 0:
        keep(home)
    _, status = os.wait()
    assert os.WTERMSIG(status) == signal.SIGKILL
    if (home / "told").exists():
        break
"""


@pytest.mark.parametrize("way", ["link", "copy"])
def test_a_crash_at_any_point_leaves_all_or_nothing_under_the_name(tmp_path: Path, way: str) -> None:
    subprocess.run([sys.executable, "-c", _DIE_AT_EVERY_STEP, tmp_path, way, REFERENCE_1], check=True)

    homes = sorted(tmp_path.iterdir(), key=lambda home: int(home.name))
    kept = [_whole_files(home / "content") for home in homes]
    told = [(home / "told").exists() for home in homes]
    # All or nothing, never told without; the last runs to the end, and some die before and after naming.
    assert kept == sorted(kept)
    assert set(kept) == {0, 1}
    assert told == [False] * (len(homes) - 1) + [True]
    assert kept[-2] == 1
    assert [remove_dead_folders(home / "tmp") for home in homes] == [1] * len(homes)
    assert [list((home / "tmp").iterdir()) for home in homes] == [[]] * len(homes)
    assert [_whole_files(home / "content") for home in homes] == kept


def _whole_files(folder: Path) -> int:
    """Count the files that carry a reference, every one of which must be whole."""
    count = 0
    for path in folder.rglob("*"):
        if path.is_file() and REFERENCE.fullmatch(path.relative_to(folder).as_posix()):
            assert b"".join(SealedReader(path, KEY).chunks()) == CONTENT
            count += 1
    return count


def test_a_file_that_is_not_whole_would_show(tmp_path: Path, sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes()[:-1])

    with pytest.raises(ContentDamaged):
        SealedReader(sealed, KEY)
