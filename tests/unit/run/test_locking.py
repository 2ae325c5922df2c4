"""One process per role and home, and no claim that outlives its process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.run import locking
from lazaretto.run.home import Home
from lazaretto.run.locking import SUPERVISOR, alone_as, is_held
from lazaretto.run.running import Running, is_running, note_running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(locking, "PATIENCE", 0.2)
    home = Home.at(tmp_path)
    home.make()
    return home


def test_a_second_process_of_a_role_is_told_that_the_first_runs(home: Home) -> None:
    with (
        alone_as(home, "scan"),
        pytest.raises(ConfigurationError, match=f"role scan runs already in {home.folder}"),
        alone_as(home, "scan"),
    ):
        pytest.fail("two stations in one home")


def test_another_role_and_another_home_are_not_in_the_way(home: Home, tmp_path: Path) -> None:
    other = Home.at(tmp_path / "other")
    other.make()

    with alone_as(home, "scan"), alone_as(home, "jobs"), alone_as(other, "scan"):
        assert is_held(home, "jobs")
        assert not is_held(home, "edge")


def test_a_fork_does_not_keep_the_lock_of_its_parent(home: Home) -> None:
    reader, writer = os.pipe()
    with alone_as(home, "scan"):
        worker = os.fork()
        if worker == 0:
            os.write(writer, b"up")
            time.sleep(60)
            os._exit(0)
        assert os.read(reader, 2) == b"up"
    try:
        assert not is_held(home, "scan")
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)


def test_what_a_killed_supervisor_wrote_does_not_count_as_running(home: Home) -> None:
    note_running(home, Running(pid=os.getpid(), smtp="127.0.0.1:2525", http=""))
    assert is_running(home) is None

    with alone_as(home, SUPERVISOR):
        assert is_running(home) is not None
