"""A child that dies, or cannot even be started, is tried again and takes nobody along.

One that is started before what it needs stands begins when it is told to, and never by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lazaretto.run.children import TURN_FD, Child


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child("none-such", (), tmp_path / "log")


def _fails(*_: object, **__: object) -> None:
    raise BlockingIOError(11, "Resource temporarily unavailable")


def test_a_fork_that_fails_counts_as_a_death_and_is_tried_again(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(subprocess, "Popen", _fails)
        child.start()
        child.look()

    assert child.deaths == 2
    assert {line["event"] for line in lines} == {"child does not start"}
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 1

    child.start_again_at = 0.0
    child.look()
    assert child.process is not None
    child.stop(30.0)


def test_a_death_is_told_with_its_exit_code(child: Child) -> None:
    with capture_logs() as lines:
        child.start()
        assert child.process is not None
        child.process.wait(timeout=60)
        child.look()

    told = next(line for line in lines if line["event"] == "child died")
    assert (told["child"], told["code"], told["deaths"]) == ("none-such", 2, 1)
    child.stop(1.0)


def _waits_for_its_turn() -> tuple[subprocess.Popen[str], int]:
    theirs, ours = os.pipe()
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from lazaretto.run.children import await_turn\n"
            "print('loaded', flush=True)\n"
            "await_turn()\n"
            "print('begun')",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, TURN_FD: str(theirs)},
        pass_fds=(theirs,),
    )
    os.close(theirs)
    assert process.stdout is not None
    assert process.stdout.readline() == "loaded\n"
    return process, ours


def test_one_that_waits_begins_when_its_turn_comes() -> None:
    process, turn = _waits_for_its_turn()
    assert process.poll() is None

    os.write(turn, b".")

    assert process.communicate(timeout=60)[0] == "begun\n"
    os.close(turn)


def test_one_that_waits_ends_without_having_begun_when_nobody_can_tell_it_any_more() -> None:
    process, turn = _waits_for_its_turn()

    os.close(turn)

    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 1


def test_one_that_dies_before_its_turn_is_started_again_and_leaves_no_descriptor(child: Child) -> None:
    child.start(waiting=True)
    assert child.process is not None
    child.process.wait(timeout=60)
    descriptors = len(os.listdir("/proc/self/fd"))

    child.begin()
    child.look()
    child.look()

    assert child.process is not None
    assert len(os.listdir("/proc/self/fd")) < descriptors
    child.stop(30.0)
