"""The scanning station: a parent that keeps disposable workers alive, and one that works alone.

Every worker is forked from the same small, single-threaded parent, so that its replacement is there
in milliseconds and shares the compiled rules' memory.  Workers take connections from a common
listening socket: whoever is free is next.  A second socket leads to a worker that serves one
message and ends: that is where a message goes whose first worker died.

The parent looks after them twenty times a second: a worker that is dead is replaced; one that is not
ready with its message at once has a stand-in, and ends with it; when the message has cost a third of a
second of CPU, or two seconds by the clock, others go first.  When there are too many of those, the one
that cost most is ended, and its message goes to the worker that works alone, of which there is ever
only one: so there are always workers for mail that is quick to look at, whatever else has arrived.
One that has a message for too long, by the clock or by its CPU time and its parser's, is killed.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from lazaretto.pipeline.confinement import confine
from lazaretto.pipeline.hearing import Ear, pass_on
from lazaretto.pipeline.settings import PipelineSettings

log = structlog.get_logger(__name__)

LOOK_AFTER_EVERY: Final = 0.05
RETIRE: Final = signal.SIGUSR1
"""Another station listens in this one's place: end what has begun, and end."""
BUSY_AFTER: Final = 0.2
"""Seconds after which a worker with the same message has a stand-in."""
SLOW_AFTER: Final = 2.0
"""Seconds after which it has less of the processor as well."""
MOST_STAND_INS: Final = 8
HEAVY: Final = 0.3
"""CPU seconds, its parser's among them, after which it has, too; most mail costs a tenth of it."""
LOWERED: Final = 15
"""Niceness of a slow worker and its parser: others go first."""
ALONE: Final = 12
"""Niceness of the worker that works alone: nobody waits for it, yet it must get on."""
_SLOT: Final = struct.Struct("=dB7x")
_BEGUN: Final = struct.Struct("=d")
_BACKLOG: Final = 512
_NOBODY_WAITS: Final = 75
"""A worker's exit code when its station retires and no connection is left."""

Serve = Callable[[socket.socket], None]
"""Answer one connection to its end."""
Note = Callable[[Mapping[str, Any]], None]
"""Take notice of an event of the log: what a worker said, or what became of one."""


class Pulse:
    """Where a worker writes that it has begun or ended a message; the parent reads it.

    A shared page, because a worker in trouble cannot be asked.
    """

    def __init__(self, slots: int) -> None:
        self._page = mmap.mmap(-1, max(slots * _SLOT.size, mmap.PAGESIZE))

    def begin(self, slot: int) -> None:
        """Note that the worker of ``slot`` has a message now."""
        _BEGUN.pack_into(self._page, slot * _SLOT.size, time.monotonic())

    def end(self, slot: int) -> None:
        """Note that it has none."""
        _BEGUN.pack_into(self._page, slot * _SLOT.size, 0.0)

    def since(self, slot: int) -> float:
        """Return when it got its message, in monotonic seconds; zero when it has none."""
        (began,) = _BEGUN.unpack_from(self._page, slot * _SLOT.size)
        return float(began)

    def tell_to_leave(self, slot: int, *, leave: bool) -> None:
        """Note whether the worker of ``slot`` is to end after its message."""
        self._page[slot * _SLOT.size + _BEGUN.size] = leave

    def is_to_leave(self, slot: int) -> bool:
        """Tell whether that was noted."""
        return bool(self._page[slot * _SLOT.size + _BEGUN.size])


@dataclass(slots=True)
class _Worker:
    pid: int
    slot: int
    alone: bool
    born: float
    ear: Ear
    has_stand_in: bool = False
    """Another worker has its place."""
    is_ended: bool = False
    """The station killed it; its death is no news."""
    is_slow: bool = False
    """It has had a message for long, and others go first."""
    message: float = 0.0
    """When the message began that it was last seen with."""
    before: dict[int, float] = field(default_factory=dict)
    """CPU seconds that it and its parser had used when first seen with it, one round late at most."""
    after: dict[int, float] = field(default_factory=dict)
    """What they have used by now; whoever has ended since keeps its last figure."""

    def cpu_since(self, began: float) -> float:
        """Return the CPU seconds of the message that began at ``began``, from the first sight of it."""
        now = {pid: _cpu_seconds(pid) for pid in _family(self.pid)}
        if began != self.message:
            self.message, self.before, self.after = began, now, {}
        self.after |= now
        return sum(used - self.before.get(pid, 0.0) for pid, used in self.after.items())


@dataclass(frozen=True, slots=True)
class _Socket:
    """A socket's file, and which one it was when we made it."""

    path: Path
    inode: int

    @classmethod
    def at(cls, path: Path) -> _Socket:
        return cls(path, path.stat().st_ino)

    def remove(self) -> None:
        """Take it away, unless another station has put its own in this place."""
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == self.inode:
                self.path.unlink()


class Station:
    """Keeps ``settings.workers`` workers and one that works alone; ``run()`` returns on SIGTERM."""

    def __init__(
        self,
        folder: Path,
        settings: PipelineSettings,
        make_serve: Callable[[], Serve],
        note: Note = lambda _: None,
    ) -> None:
        self._settings = settings
        self._note = note
        self._make_serve = make_serve
        self._count = settings.workers or os.cpu_count() or 1
        self._crowd, self._crowd_door = _listen(folder / "scan.sock")
        self._alone, self._alone_door = _listen(folder / "scan-alone.sock")
        doors = (folder / "scan.sock", folder / "scan-alone.sock", self._crowd_door, self._alone_door)
        self._sockets = [_Socket.at(door) for door in doors]
        self._pulse = Pulse(self._count + 1 + MOST_STAND_INS)
        self._free_slots = list(range(self._count + 1, self._count + 1 + MOST_STAND_INS))
        self._workers: dict[int, _Worker] = {}
        self._stopping = False
        self._retired_at: float | None = None

    def run(self) -> None:
        """Work until told to stop or to retire; every worker has ended when this returns."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(RETIRE, self._retire)
        for slot in range(self._count + 1):
            self._fork(slot, alone=slot == self._count)
        while not self._stopping and (self._workers or self._retired_at is None):
            self._reap()
            self._look_after()
            for worker in self._workers.values():
                self._hear(worker)
            if self._retired_at is not None:
                self._wake_the_idle(self._retired_at)
            time.sleep(LOOK_AFTER_EVERY)
        for each in self._sockets:
            each.remove()
        self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _retire(self, *_: object) -> None:
        # Whoever is connected already is still served; a worker that finds nobody waiting ends.
        self._retired_at = time.monotonic()
        for listener in (self._crowd, self._alone):
            listener.setblocking(False)

    def _wake_the_idle(self, retired_at: float) -> None:
        """Let each worker that waits for a connection have one, so that it sees that it may go.

        Those born later do not wait: for them a connection is there or it is not.
        """
        for worker in self._workers.values():
            began = self._pulse.since(worker.slot)
            if not began and worker.born < retired_at:
                _knock(self._alone_door if worker.alone else self._crowd_door)

    def _fork(self, slot: int, *, alone: bool) -> None:
        self._pulse.end(slot)
        self._pulse.tell_to_leave(slot, leave=False)
        parent, ear = os.getpid(), Ear()
        pid = os.fork()
        if pid == 0:
            self._be_worker(slot, parent, ear, alone=alone)
        ear.listen()
        self._workers[pid] = _Worker(pid, slot, alone, time.monotonic(), ear)

    def _hear(self, worker: _Worker) -> None:
        for line in worker.ear.lines():
            event = pass_on(line, worker.pid)
            if event:
                self._take_note(event)

    def _take_note(self, event: Mapping[str, Any]) -> None:
        # Once another station listens in our place, it speaks for the machine.
        if self._retired_at is None:
            self._note(event)

    def _be_worker(self, slot: int, parent: int, ear: Ear, *, alone: bool) -> None:
        # A fork must never come back into the parent's code, whatever happens below.
        code = 1
        try:
            ear.speak_into()
            for other in self._workers.values():
                other.ear.close()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(RETIRE, signal.SIG_IGN)
            # With its parser it is a group, so that both can be told to let others go first.
            os.setpgid(0, 0)
            if alone:
                os.setpriority(os.PRIO_PROCESS, 0, ALONE)
            confine(self._settings, parent)
            serve = self._make_serve()
            code = self._take_connections(serve, slot, alone=alone)
        except Exception:
            # Hostile mail is written to crash parsers.  The one who asked sees a connection without
            # an answer and knows what that means; here it is only written down.
            log.exception("scan worker failed")
        finally:
            os._exit(code)

    def _take_connections(self, serve: Serve, slot: int, *, alone: bool) -> int:
        listener = self._alone if alone else self._crowd
        for _ in range(1 if alone else self._settings.recycle_after):
            try:
                connection, _address = listener.accept()
            except BlockingIOError:
                # The station retires, and nobody waits any more.
                return _NOBODY_WAITS
            self._pulse.begin(slot)
            with connection:
                serve(connection)
            self._pulse.end(slot)
            if self._pulse.is_to_leave(slot):
                break
        return 0

    def _reap(self) -> None:
        while self._workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            worker = self._workers.pop(pid, None)
            if worker is None:
                continue
            code = os.waitstatus_to_exitcode(status)
            self._hear(worker)
            worker.ear.close()
            if code not in (0, _NOBODY_WAITS) and not self._stopping:
                log.warning("scan worker died", worker=pid, code=code, alone=worker.alone)
                if not worker.is_ended:
                    self._take_note({"event": "scan worker died", "code": code})
            if time.monotonic() - worker.born < 1 and not worker.alone and code not in (0, _NOBODY_WAITS):
                # It cannot even start; do not burn the machine with forks.
                time.sleep(1)
            if worker.has_stand_in:
                # Its place is taken.
                self._free_slots.append(worker.slot)
            elif not self._stopping and code != _NOBODY_WAITS:
                self._fork(worker.slot, alone=worker.alone)

    def _look_after(self) -> None:
        """Kill who is stuck, and let no hard message hold up others."""
        for worker in tuple(self._workers.values()):
            began = self._pulse.since(worker.slot)
            if not began:
                continue
            waited, used = time.monotonic() - began, worker.cpu_since(began)
            if waited > self._settings.wall_limit or used > self._settings.cpu_limit:
                log.warning("scan worker is stuck", worker=worker.pid, seconds=waited, cpu=used)
                self._take_note({"event": "scan worker is stuck", "seconds": waited})
                worker.is_ended = True
                _kill(worker.pid)
                continue
            if waited > BUSY_AFTER and not (worker.has_stand_in or worker.alone):
                self._stand_in(worker)
            if (waited > SLOW_AFTER or used > HEAVY) and not (worker.is_slow or worker.alone):
                worker.is_slow = True
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PGRP, worker.pid, LOWERED)

    def _stand_in(self, worker: _Worker) -> None:
        """Give a busy worker a stand-in; where there are too many of them, end the one that cost most."""
        if self._retired_at is not None:
            return
        if not self._free_slots:
            self._make_room()
            return
        worker.has_stand_in = True
        self._pulse.tell_to_leave(worker.slot, leave=True)
        self._fork(self._free_slots.pop(0), alone=False)

    def _make_room(self) -> None:
        """End a slow worker, whose slot is free in the next round; its message is looked at alone."""
        slow = [each for each in self._workers.values() if each.is_slow and each.has_stand_in]
        dearest = max(slow, key=lambda each: sum(each.after.values()), default=None)
        if dearest is not None:
            log.warning("a scan worker makes room", worker=dearest.pid)
            dearest.is_ended = True
            _kill(dearest.pid)

    def _end_all(self) -> None:
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while self._workers and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)
        for pid in self._workers:
            _kill(pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _listen(path: Path) -> tuple[socket.socket, Path]:
    """Return a socket that listens at ``path``, in the place of any other, and a name that it keeps.

    Nobody finds the place empty; by its own name it can be reached when another one has taken it.
    """
    own = path.with_name(f"{path.name}.{os.getpid()}")
    for stale in path.parent.glob(f"{path.name}.*"):
        if stale == own or not Path("/proc", stale.name.rpartition(".")[2]).exists():
            stale.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(own))
    own.chmod(0o600)
    listener.listen(_BACKLOG)
    shown = own.with_name(f"{own.name}.new")
    shown.unlink(missing_ok=True)
    os.link(own, shown)
    shown.replace(path)
    return listener, own


def _knock(path: Path) -> None:
    """Connect to whoever listens at ``path`` and say nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller, contextlib.suppress(OSError):
        caller.setblocking(False)
        caller.connect(str(path))


def _family(pid: int) -> list[int]:
    """Return ``pid`` and its descendants, as far as the kernel tells: its parser is one of them."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        with contextlib.suppress(OSError):
            waiting += map(int, Path(f"/proc/{each}/task/{each}/children").read_bytes().split())
    return found


def _cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0.0
    # The command name stands in brackets and may hold spaces; the fields after it do not.
    fields = text.rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
