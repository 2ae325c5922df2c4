"""The power goes in the middle of traffic and takes what was not synced: no mail is lost, none comes torn.

``make faults`` does the same ten times over.  PostgreSQL's own files are trusted to it; here it is asked
whether it syncs what it commits.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lazaretto.db.cluster import cluster_of
from lazaretto.db.service_user import service_user
from tests.faults.kill_points import HOOK
from tests.faults.losing import Lost, PowerCut, read_notes
from tests.faults.noting import FOLDER_VARIABLE
from tests.faults.power_cuts import Told, cut_power

SEED = 20_261_129

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1_800)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the product of this module lives, with the notes of what it synced."""
    made = tmp_path_factory.mktemp("power")
    made.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> Told:
    """What became of all letters, after one cut of each kind."""
    return cut_power(folder, 1, SEED)


def test_nothing_is_lost_nothing_comes_torn_and_all_damage_is_told(told: Told) -> None:
    assert [cut.faults for cut in told.cuts] == [[], [], []]
    assert all(each["right"] for each in told.balances)


def test_each_cut_takes_something(told: Told) -> None:
    assert [bool(cut.lost.names) for cut in told.cuts] == [True, True, True]
    assert told.cuts[-1].lost.torn


def test_content_that_a_disk_did_not_keep_is_set_aside_with_an_alert_each(told: Told) -> None:
    *honest, lying = told.cuts

    assert [cut.set_aside for cut in honest] == [set(), set()]
    assert lying.set_aside
    assert lying.alerts >= len(lying.set_aside)
    assert lying.doctor_tells


def test_commits_are_synced_in_every_database(told: Told) -> None:
    settings = {name: value for name, value in told.synchronous.items() if not name.endswith("overridden")}

    assert len(settings) == 9
    assert set(settings.values()) == {"on"}
    assert {value for name, value in told.synchronous.items() if name.endswith("overridden")} == {"0"}


def test_the_way_to_a_new_database_is_synced(folder: Path, told: Told) -> None:
    home = folder / "home"
    data = cluster_of(home, service_user()).data
    synced = read_notes(folder / "notes")

    def is_lasting(path: Path) -> bool:
        return synced.names[path.parent.stat().st_ino].get(path.name) == path.lstat().st_ino

    assert told.cuts
    assert is_lasting(home / "postgresql")
    assert is_lasting(data)
    assert is_lasting(data / "lazaretto.complete")
    configuration = data / "postgresql.conf"
    assert synced.sizes[configuration.stat().st_ino] == configuration.stat().st_size


PROGRAM = """
import os
def write(path, octets, sync):
    with open(path, "ab") as file:
        file.write(octets)
        file.flush()
        if sync:
            os.fsync(file.fileno())
def sync(folder):
    fd = os.open(folder, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
os.mkdir("below")
write("kept", b"whole", True)
write("torn", b"first", True)
write("torn", b"second", False)
write("removed", b"comes back", True)
write("old", b"renamed in vain", True)
write("below/kept", b"whole", True)
write("never", b"octets, and no name", False)
os.link("kept", "linked")
sync("below")
os.unlink("never")
sync(".")
write("late", b"octets, and no name", True)
write("below/late", b"octets, and no name", True)
os.unlink("removed")
os.rename("old", "new")
"""


def cut_after_program(folder: Path, share: float = 1.0, *, seed: int = 1) -> tuple[Path, Lost]:
    """Run the program in a folder, cut the power; return the folder, and what was lost."""
    home, notes = folder / "home", folder / "notes"
    home.mkdir()
    notes.mkdir()
    environment = {**os.environ, FOLDER_VARIABLE: str(notes), "PYTHONPATH": str(HOOK)}
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=home, env=environment, check=True)
    return home, PowerCut(notes, random.Random(seed), share).strike(home)


def test_what_was_synced_is_all_that_is_left(tmp_path: Path) -> None:
    home, lost = cut_after_program(tmp_path)

    left = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert left == {
        "kept": b"whole",
        "linked": b"whole",
        "torn": b"first",
        "removed": b"comes back",
        "old": b"renamed in vain",
        "below/kept": b"whole",
    }
    assert {path.name for path in lost.names} == {"late", "new"}
    assert {path.name for path in lost.returned} == {"removed", "old"}
    assert {path.name for path in lost.torn} == {"torn"}


@pytest.mark.parametrize("seed", range(8))
def test_chance_never_takes_what_was_synced(tmp_path: Path, seed: int) -> None:
    home, _ = cut_after_program(tmp_path, 0.5, seed=seed)

    assert (home / "kept").read_bytes() == (home / "below" / "kept").read_bytes() == b"whole"
    assert (home / "torn").read_bytes().startswith(b"first")
    # A name that is moved may be at both places, as a crash leaves it, but never nowhere.
    assert (home / "old").exists() or (home / "new").exists()
