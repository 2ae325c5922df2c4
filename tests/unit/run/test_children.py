"""A child that dies, or cannot even be started, is tried again and takes nobody along."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lazaretto.run.children import Child


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
