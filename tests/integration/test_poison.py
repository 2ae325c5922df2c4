"""Bombs and poison among honest mail: everything is answered, nothing bad is clean, memory stays bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lazaretto.run.scanning import Assumptions, Scanning
from tests.load.poison import nuisances, poisons
from tests.load.processes import tree
from tests.unit.detect.malware.containers import a_letter, a_zip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
LARGEST = 1 << 30
"""Octets that one process may ever have held; what is shared with its parent counts as well."""
HONEST = 20


@contextmanager
def peaks(into: dict[int, int]) -> Iterator[None]:
    """Note the largest memory that each process below this one ever had."""
    enough = threading.Event()

    def watch() -> None:
        while not enough.wait(0.05):
            for pid in tree(threading.main_thread().native_id or 0):
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue
                if "VmHWM:" in status:
                    into[pid] = int(status.partition("VmHWM:")[2].split()[0]) << 10

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        enough.set()
        watcher.join()


def test_poison_among_honest_mail(tmp_path: Path) -> None:
    poison = dict(poisons())
    minutes = a_zip({"minutes.txt": b"we met " * 500})
    honest = {
        f"honest {number}": a_letter({"minutes.zip": minutes}, f"See you at {number}.")
        for number in range(HONEST)
    }
    mixed = {**poison, **nuisances()}
    # Mixed, and the same for every run.
    order = sorted([*mixed, *honest], key=lambda name: name[::-1])
    for number, name in enumerate(order):
        (tmp_path / f"{number:03d}").write_bytes({**mixed, **honest}[name])
    largest: dict[int, int] = {}

    with Scanning(None, None) as scanning, peaks(largest):
        files = [tmp_path / f"{number:03d}" for number in range(len(order))]
        verdicts = {
            name: report.judgement.verdict.value if report.judgement else report.problem
            for name, report in zip(order, scanning.reports(files, Assumptions()), strict=True)
        }

    assert {name: verdicts[name] for name in poison} == dict.fromkeys(poison, "unscannable")
    assert {verdicts[name] for name in honest} == {"clean"}
    assert all(verdicts.values())
    assert max(largest.values()) < LARGEST
