"""A new bundle gets a station of its own; one that cannot be loaded leaves the old one at work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lazaretto.intelligence.bundle_folder import BundleFolder, Chosen, Working
from lazaretto.run.generations import Generations, changed_at

PATIENCE = 60.0


def _be_station(folder: Path | None, label: str, ready: Callable[[], None]) -> None:
    if label == "13":
        raise ValueError("rule 13 has no name")
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))
    ready()
    while True:
        signal.pause()


@contextmanager
def running(bundles: BundleFolder) -> Iterator[int]:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Generations(bundles, _be_station, lambda: None).run()
            code = 0
        finally:
            os._exit(code)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0)[1] == 0


def _eventually(bundles: BundleFolder, wanted: Working) -> None:
    deadline = time.monotonic() + PATIENCE
    while bundles.working() != wanted:
        assert time.monotonic() < deadline, bundles.working()
        time.sleep(0.02)


@pytest.fixture
def bundles(tmp_path: Path) -> BundleFolder:
    return BundleFolder(tmp_path / "bundles")


def test_what_is_chosen_is_worked_with_and_what_fails_is_not(bundles: BundleFolder) -> None:
    with running(bundles):
        _eventually(bundles, Working())

        bundles.choose(Chosen(1, 12, "12-a"))
        _eventually(bundles, Working(1, 12))

        bundles.choose(Chosen(2, 13, "13-b"))
        _eventually(bundles, Working(2, 12, "ValueError: rule 13 has no name"))

        bundles.choose(Chosen(3, None))
        _eventually(bundles, Working(3, None))


def test_a_machine_whose_bundle_cannot_be_loaded_at_the_start_uses_the_programs_own(
    bundles: BundleFolder,
) -> None:
    bundles.choose(Chosen(2, 13, "13-b"))

    with running(bundles):
        _eventually(bundles, Working(0, None))


def test_when_the_signs_change_another_station_takes_over_with_the_same_bundle(
    bundles: BundleFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lazaretto.run.generations.RENEW_AFTER", 0.1)
    sign, born = tmp_path / "sign", tmp_path / "born"

    def be_station(folder: Path | None, label: str, ready: Callable[[], None]) -> None:
        with born.open("a") as file:
            file.write(f"{label}\n")
        _be_station(folder, label, ready)

    child = os.fork()
    if child == 0:
        try:
            Generations(bundles, be_station, lambda: None, lambda: changed_at(sign)).run()
        finally:
            os._exit(0)
    try:
        for wanted in (1, 2):
            deadline = time.monotonic() + PATIENCE
            while not born.exists() or len(born.read_text().split("\n")) <= wanted:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            sign.write_text("changed")
    finally:
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0)[1] == 0
    assert set(born.read_text().strip().split("\n")) == {Chosen().label}
