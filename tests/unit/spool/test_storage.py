"""Mail is taken while there is room for it and everything under way, and not at the edge of full."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.storage import FAULTS, Faults, Room, Storage, room_at, storage_errors

GIGABYTE = 1_000_000_000
SETTINGS = ContentSettings(largest_message=GIGABYTE)
PLENTY = Room(free=500 * GIGABYTE, total=1000 * GIGABYTE, inode_share=0.5)


class Disk:
    """A disk that shows whatever the test wants, and a clock."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.now = 0.0
        self.looks = 0
        self.broken = False

    def look(self, _: Path) -> Room:
        self.looks += 1
        if self.broken:
            raise OSError(errno.EIO, "broken")
        return self.room

    def storage(self) -> Storage:
        return Storage(
            Path("/"), SETTINGS, look=self.look, clock=lambda: self.now, faults=Faults(lambda: self.now)
        )


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        pytest.param(PLENTY, True, id="plenty"),
        pytest.param(Room(free=100 * GIGABYTE, total=1000 * GIGABYTE), True, id="just a tenth"),
        pytest.param(Room(free=99 * GIGABYTE, total=1000 * GIGABYTE), False, id="less than a tenth"),
        pytest.param(Room(free=1_400_000_000, total=4 * GIGABYTE), False, id="no room for one and a half"),
        pytest.param(Room(free=1_500_000_000, total=4 * GIGABYTE), True, id="room for one and a half"),
        pytest.param(Room(free=50 * GIGABYTE, total=100 * GIGABYTE, inode_share=0.01), False, id="no inodes"),
    ],
)
def test_room_is_judged_by_share_size_and_inodes(room: Room, expected: bool) -> None:
    assert Disk(room).storage().has_room() is expected


def test_one_look_is_good_for_a_second() -> None:
    disk = Disk(PLENTY)
    storage = disk.storage()

    for now in (0.0, 0.5, 0.99):
        disk.now = now
        storage.has_room()
    assert disk.looks == 1
    disk.now = 1.0
    storage.has_room()
    assert disk.looks == 2


def test_mail_is_taken_again_only_when_there_is_clearly_more_room() -> None:
    disk = Disk(Room(free=99 * GIGABYTE, total=1000 * GIGABYTE))
    storage = disk.storage()
    seen = []
    for now, free in enumerate((99, 101, 119, 120, 101, 99, 101)):
        disk.now, disk.room = float(now), Room(free=free * GIGABYTE, total=1000 * GIGABYTE)
        seen.append(storage.has_room())

    assert seen == [False, False, False, True, True, False, False]


def test_a_disk_that_cannot_be_asked_has_no_room() -> None:
    disk = Disk(PLENTY)
    disk.broken = True

    assert not disk.storage().has_room()


def test_a_real_file_system_can_be_asked(tmp_path: Path) -> None:
    room = room_at(tmp_path)

    assert 0 <= room.free <= room.total
    assert 0 <= room.inode_share <= 1


def test_errors_say_what_was_being_done() -> None:
    with pytest.raises(StorageFull, match="keeping content"), storage_errors("keeping content"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(TemporaryFailure, match="keeping content"), storage_errors("keeping content"):
        raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_fails_three_times_in_a_minute_gets_no_mail_until_the_minute_is_over() -> None:
    disk = Disk(PLENTY)
    faults = Faults(lambda: disk.now)
    storage = Storage(Path("/"), SETTINGS, look=disk.look, clock=lambda: disk.now, faults=faults)

    def has_room_at(now: float) -> bool:
        disk.now = now
        return storage.has_room()

    for moment in (0.0, 20.0):
        disk.now = moment
        faults.note()
    assert has_room_at(21.0)
    faults.note()
    assert not has_room_at(23.0)
    assert not has_room_at(59.0)
    assert has_room_at(61.0)


def test_a_disk_that_fails_rarely_is_trusted() -> None:
    disk = Disk(PLENTY)
    faults = Faults(lambda: disk.now)
    storage = Storage(Path("/"), SETTINGS, look=disk.look, clock=lambda: disk.now, faults=faults)

    for minute in range(5):
        disk.now = 40.0 * minute
        faults.note()
        assert storage.has_room()


def test_errors_of_a_broken_disk_are_counted_and_those_of_a_full_one_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(type(FAULTS), "note", lambda _: noted.append("broken"))

    for number in (errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS):
        with pytest.raises(TemporaryFailure), storage_errors("keeping content"):
            raise OSError(number, "no")

    assert len(noted) == 2
