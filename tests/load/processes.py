"""CPU time and memory of a tree of processes, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds, peak resident memory (MiB), resident and anonymous memory (MB) by role.

    Of several processes of a role the largest counts; CPU is of all of them.
    """

    cpu: dict[str, float]
    peak: dict[str, float]
    resident: dict[str, float] = field(default_factory=dict)
    anonymous: dict[str, float] = field(default_factory=dict)

    def since(self, before: Usage) -> dict[str, float]:
        """Return the CPU seconds by role that were used after ``before``."""
        return {role: seconds - before.cpu.get(role, 0.0) for role, seconds in self.cpu.items()}


def usage_of(*roots: int) -> Usage:
    """Return the usage of ``roots`` and everything below them, grouped by what each process is.

    Time of children that have ended is in their parent's account.
    """
    cpu: dict[str, float] = {}
    peak: dict[str, float] = {}
    resident: dict[str, float] = {}
    anonymous: dict[str, float] = {}
    for pid in (pid for root in roots for pid in tree(root)):
        role = role_of(pid)
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            memory, now = _memory(pid, "VmHWM"), _memory(pid, "VmRSS")
            own = _memory(pid, "RssAnon")
        except OSError:
            continue
        seconds = sum(int(field) for field in fields[11:15]) / _TICK
        cpu[role] = cpu.get(role, 0.0) + seconds
        peak[role] = max(peak.get(role, 0.0), memory)
        resident[role] = max(resident.get(role, 0.0), now * 1.048576)
        anonymous[role] = max(anonymous.get(role, 0.0), own * 1.048576)
    return Usage(cpu, peak, resident, anonymous)


def tree(root: int) -> list[int]:
    """Return ``root`` and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(parents.get(pid, []))
    return found


def forget_peaks(*roots: int) -> None:
    """Start the measurement of peak memory anew for every process of the trees."""
    for pid in (pid for root in roots for pid in tree(root)):
        try:
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        except OSError:
            continue


def role_of(pid: int) -> str:
    """Return what a process is: a role of the product, ``postgres``, or its program's name."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    if b"serve" in words:
        return words[words.index(b"serve") + 1].decode()
    if b"tests.load.accepting" in words:
        return "edge"
    name = Path(words[0].decode("utf-8", "replace").split(" ")[0]).name
    return "postgres" if name.startswith("postgres") else (name.rstrip(":") or "kernel")


def _memory(pid: int, name: str) -> float:
    """Return a line of the process's status in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0
