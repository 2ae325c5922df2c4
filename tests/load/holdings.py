"""What a tree of processes holds: descriptors and processes by role, and temporary files."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lazaretto.run.home import Home
from tests.load.processes import role_of, tree

POSTGRES: Final = "postgres"
"""Keeps files of tables open, up to ``max_files_per_process``, and each hour has tables of its own."""
SPARE_DESCRIPTORS: Final = 12
"""What one process of a role may hold more at rest than it did before: connections kept for later."""
SPARE_PROCESSES: Final = 2
"""Workers that are made while others end."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held at one moment."""

    descriptors: dict[str, int]
    """By role, those of the process that has the most."""
    processes: dict[str, int]
    temporary: tuple[str, ...]
    """Files and folders below the home's and the system's folders for temporary files, without sockets."""

    @property
    def all_descriptors(self) -> int:
        """How many descriptors the largest processes of all roles hold together."""
        return sum(self.descriptors.values())

    def beyond(self, base: Holdings) -> list[str]:
        """Return what did not come back to ``base``, one phrase for each."""
        found = [
            f"{role}: {count} descriptors, {base.descriptors.get(role, 0)} before"
            for role, count in self.descriptors.items()
            if role != POSTGRES and count > base.descriptors.get(role, count) + SPARE_DESCRIPTORS
        ]
        found += [
            f"{role}: {count} processes, {base.processes.get(role, 0)} before"
            for role, count in self.processes.items()
            if role != POSTGRES and count > base.processes.get(role, 0) + SPARE_PROCESSES
        ]
        if len(self.temporary) > len(base.temporary):
            found.append(f"temporary: {sorted(set(self.temporary) - set(base.temporary))[:20]}")
        return found

    def told(self) -> dict[str, Any]:
        """Return the figures for a report."""
        return {
            "descriptors": self.descriptors,
            "processes": self.processes,
            "temporary_files": len(self.temporary),
        }


def holdings_of(home: Path, temporary: Path, *roots: int) -> Holdings:
    """Return what the trees below ``roots`` hold, whose home and ``TMPDIR`` these are."""
    descriptors: dict[str, int] = {}
    processes: dict[str, int] = {}
    for pid in (pid for root in roots for pid in tree(root)):
        try:
            count = len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
        role = role_of(pid)
        descriptors[role] = max(descriptors.get(role, 0), count)
        processes[role] = processes.get(role, 0) + 1
    folders = {Home.at(home).temporary, temporary}
    return Holdings(
        dict(sorted(descriptors.items())),
        dict(sorted(processes.items())),
        tuple(sorted(name for folder in folders for name in _files(folder))),
    )


def _files(folder: Path) -> list[str]:
    """Return the paths below ``folder`` that are no sockets; what vanishes meanwhile is not there."""
    found = []
    for path in folder.rglob("*"):
        try:
            if not stat.S_ISSOCK(path.lstat().st_mode):
                found.append(str(path))
        except OSError:
            continue
    return found
