"""The master key is made once, privately and durably, and is never guessed at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError, ContentDamaged
from lazaretto.spool.master_key import MasterKeyFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def test_it_is_made_at_the_first_start_and_kept_at_the_next(path: Path) -> None:
    wrapped = MasterKeyFile.open(path, needed=False).wrap(b"key", b"about")

    assert path.stat().st_mode & 0o777 == 0o600
    assert MasterKeyFile.open(path, needed=True).unwrap(wrapped, b"about") == b"key"
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]


def test_it_is_durable_before_anything_is_wrapped_by_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def recorded(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", recorded)
    MasterKeyFile.open(path, needed=False)

    assert synced[0].startswith(".master.key.")
    assert synced[1] == path.parent.name


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    MasterKeyFile.open(path, needed=False)
    path.chmod(mode)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        MasterKeyFile.open(path, needed=False)


@pytest.mark.parametrize(
    "octets",
    [b"", b"\n", b"nonsense", b"00 00", b"0011223344556677 c2hvcnQ=\n", b"\xff" * 80, b"a b c"],
)
def test_a_damaged_key_is_refused_and_left_alone(path: Path, octets: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(octets)

    with pytest.raises(ConfigurationError, match="backup"):
        MasterKeyFile.open(path, needed=False)
    assert path.read_bytes() == octets


def test_a_key_that_changed_in_the_database_does_not_unwrap(path: Path) -> None:
    master = MasterKeyFile.open(path, needed=False)
    wrapped = master.wrap(b"key", b"about")

    for changed in (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:8], wrapped[:20]):
        with pytest.raises(ContentDamaged):
            master.unwrap(changed, b"about")
    with pytest.raises(ContentDamaged):
        master.unwrap(wrapped, b"something else")


def test_only_one_process_rotates_at_a_time(path: Path) -> None:
    one, two = MasterKeyFile.open(path, needed=False), MasterKeyFile.open(path, needed=False)

    with one.rotation(), pytest.raises(ConfigurationError, match="rotated already"), two.rotation():
        pass


def test_during_rotation_both_keys_unwrap_and_the_new_one_wraps(path: Path) -> None:
    master, elsewhere = MasterKeyFile.open(path, needed=False), MasterKeyFile.open(path, needed=False)
    old = master.wrap(b"key", b"")

    with master.rotation():
        new = elsewhere.wrap(b"key", b"")
        assert not master.is_newest(old)
        assert master.is_newest(new)
        assert MasterKeyFile.open(path, needed=True).unwrap(old, b"") == b"key"

    fresh = MasterKeyFile.open(path, needed=True)
    assert fresh.unwrap(new, b"") == b"key"
    with pytest.raises(ConfigurationError):
        fresh.unwrap(old, b"")


_DIE_AT_EVERY_STEP = """
import os, signal, sys
from pathlib import Path
from lazaretto.files.placing import replace_durably
from lazaretto.spool.master_key import MasterKeyFile

root = Path(sys.argv[1])
steps_left = 0

def make_deadly(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global steps_left
        if steps_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps_left -= 1
        return real(*args, **kwargs)
    setattr(os, name, call)

def live(home):
    for name in ("fsync", "link", "replace", "unlink"):
        make_deadly(name)
    master = MasterKeyFile.open(home / "master.key", needed=False)
    replace_durably(home / "row", master.wrap(b"tenant key", b""))
    with master.rotation():
        replace_durably(home / "row", master.wrap(master.unwrap((home / "row").read_bytes(), b""), b""))
    (home / "done").touch()

for step in range(100):
    home = root / str(step)
    home.mkdir()
    steps_left = step
    if os.fork() == 0:
        live(home)
        os._exit(0)
    os.wait()
    if (home / "done").exists():
        break
"""


def test_a_crash_at_any_point_of_its_life_loses_no_key(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _DIE_AT_EVERY_STEP, tmp_path], check=True)

    homes = list(tmp_path.iterdir())
    assert len(homes) > 12
    for home in homes:
        row = home / "row"
        master = MasterKeyFile.open(home / "master.key", needed=row.exists())
        assert not row.exists() or master.unwrap(row.read_bytes(), b"") == b"tenant key"
        with master.rotation():
            pass
        assert len((home / "master.key").read_bytes().splitlines()) == 1


_OPEN = """
import sys
from pathlib import Path
from lazaretto.spool.master_key import MasterKeyFile
sys.stdin.readline()
MasterKeyFile.open(Path(sys.argv[1]), needed=False)
print(Path(sys.argv[1]).read_bytes())
"""


def test_processes_that_start_at_the_same_moment_agree_on_one_key(path: Path) -> None:
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    assert len({process.communicate()[0] for process in starting}) == 1
    assert [process.returncode for process in starting] == [0] * 4
