"""The master key is made once, privately and durably, and is never guessed at."""

from __future__ import annotations

import os
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
