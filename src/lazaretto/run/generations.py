"""Scanning stations, one after the other: a new one for each bundle, without a gap between them.

A bundle is loaded by a process that has read no rule yet.  While it loads, the station before it
goes on; once it listens in the other's place, that one ends what it has begun, and ends.  A bundle
that cannot be loaded changes nothing but what ``lazaretto bundle status`` says.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import structlog

from lazaretto.intelligence.bundle_folder import BundleFolder, Chosen, Working
from lazaretto.pipeline.station import RETIRE

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.2
LOAD_PATIENCE: Final = 120.0
RENEW_AFTER: Final = 60.0
"""Seconds that a station works before another takes over because its rules have to be arranged anew."""
_PR_SET_PDEATHSIG: Final = 1
_READY: Final = b"r"
_libc = ctypes.CDLL(None)

BeStation = Callable[[Path | None, str, Callable[[], None]], None]
"""Load what a folder knows, under a label; listen, call when that is done, and work until told to stop."""


@dataclass(slots=True)
class _Station:
    pid: int
    chosen: Chosen
    known: float
    """The state of the signs when it began to load."""
    since: float


class Generations:
    """Keeps one station for the bundle that this machine has chosen; ``run()`` returns on SIGTERM."""

    def __init__(
        self,
        folder: BundleFolder,
        be_station: BeStation,
        tell_ready: Callable[[], None],
        signs: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Where ``signs`` change, a station loads the same once more."""
        self._folder = folder
        self._signs = signs
        self._be_station = be_station
        self._tell_ready = tell_ready
        self._current: _Station | None = None
        self._retired: set[int] = set()
        self._failed: Chosen | None = None
        self._stopping = False

    def run(self) -> None:
        """Work until told to stop; raises ``SystemExit`` when the station dies unasked."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._begin()
        self._tell_ready()
        while not self._stopping:
            self._reap()
            chosen = self._folder.chosen()
            if self._current and chosen not in (self._current.chosen, self._failed):
                self._go_over_to(chosen)
            elif self._current and self._is_to_be_renewed(self._current):
                self._renew(self._current)
            time.sleep(LOOK_EVERY)
        self._end()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _begin(self) -> None:
        chosen = self._folder.chosen()
        self._go_over_to(chosen)
        if self._current is None and not self._stopping:
            # Without any station no mail is looked at; with the program's own knowledge it is.
            self._go_over_to(Chosen())
        if self._current is None and not self._stopping:
            sys.exit("the program's own rules cannot be loaded; install it again")

    def _go_over_to(self, chosen: Chosen) -> None:
        problem = self._start(chosen)
        if self._stopping:
            return
        working = self._current.chosen if self._current else Chosen()
        self._failed = chosen if problem else None
        if problem:
            log.error("bundle cannot be loaded", bundle=chosen.label, problem=problem)
        else:
            log.info("bundle in force", bundle=chosen.label)
        self._folder.note_working(Working(chosen.installation, working.version, problem))

    def _is_to_be_renewed(self, station: _Station) -> bool:
        return time.monotonic() - station.since > RENEW_AFTER and self._signs() != station.known

    def _renew(self, station: _Station) -> None:
        problem = self._start(station.chosen)
        if problem:
            log.error("station not renewed", bundle=station.chosen.label, problem=problem)
            station.since, station.known = time.monotonic(), self._signs()

    def _start(self, chosen: Chosen) -> str:
        """Start a station for ``chosen`` in the place of the one that works; return why not, or nothing."""
        known = self._signs()
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            self._be(chosen, writer)
        os.close(writer)
        said = self._word_of(reader)
        os.close(reader)
        if said != _READY:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return said.decode("utf-8", "replace").strip() or "it takes too long to load"
        if self._current:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._current.pid, RETIRE)
            self._retired.add(self._current.pid)
        self._current = _Station(pid, chosen, known, time.monotonic())
        return ""

    def _be(self, chosen: Chosen, writer: int) -> NoReturn:
        # A fork must never come back into the parent's code, whatever happens below.
        code = 1
        try:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

            def ready() -> None:
                os.write(writer, _READY)
                os.close(writer)

            self._be_station(self._folder.folder_of(chosen), chosen.label, ready)
            code = 0
        except Exception as failure:
            # Whatever is wrong with a bundle: it must be said, and the station before goes on.
            log.exception("station does not start", bundle=chosen.label)
            with contextlib.suppress(OSError):
                os.write(writer, f"{type(failure).__name__}: {failure}"[:2_000].encode())
        finally:
            os._exit(code)

    def _word_of(self, reader: int) -> bytes:
        said = b""
        deadline = time.monotonic() + LOAD_PATIENCE
        while time.monotonic() < deadline and not self._stopping:
            readable, _, _ = select.select([reader], [], [], LOOK_EVERY)
            if readable:
                piece = os.read(reader, 4_096)
                said += piece
                if not piece or said == _READY:
                    break
        return said

    def _reap(self) -> None:
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._retired.discard(pid)
            if self._current and pid == self._current.pid and not self._stopping:
                # Those who asked see that the whole station ended; the supervisor starts us again.
                sys.exit("the scanning station died")

    def _end(self) -> None:
        pids = {*self._retired, *([self._current.pid] if self._current else ())}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def changed_at(file: Path) -> float:
    """Return when ``file`` was changed; 0 where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
