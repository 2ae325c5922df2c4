"""Child processes under one supervisor: started in order, restarted when they die, stopped together.

A child tells that it is ready by writing a line to the descriptor in ``LAZARETTO_READY_FD``; it ends
when its parent does, however that ends.  One that is started before what it needs stands loads its program
and then waits for its turn: an octet from the descriptor in ``LAZARETTO_TURN_FD``.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import structlog

log = structlog.get_logger(__name__)

READY_FD: Final = "LAZARETTO_READY_FD"
TURN_FD: Final = "LAZARETTO_TURN_FD"
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
STEADY_AFTER: Final = 30.0
"""Seconds that a child must live for its next death to count as the first again."""
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None)


def tell_ready() -> None:
    """Tell the supervisor, if there is one, that this process does its work now."""
    descriptor = os.environ.pop(READY_FD, "")
    if descriptor:
        os.write(int(descriptor), b"ready\n")
        os.close(int(descriptor))
    log.info("started", pid=os.getpid())


def await_turn() -> None:
    """Return when the supervisor, if there is one, says that what this process needs stands."""
    descriptor = os.environ.pop(TURN_FD, "")
    if not descriptor:
        return
    has_come = os.read(int(descriptor), 1)
    os.close(int(descriptor))
    if not has_come:
        # The supervisor is gone, and so shall we be.
        sys.exit(1)


@dataclass(slots=True)
class Child:
    """One role's process, in its present incarnation."""

    role: str
    arguments: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    ready_pipe: int = -1
    turn_pipe: int = -1
    started: float = 0.0
    deaths: int = 0
    """In a row, without a steady time between."""
    start_again_at: float = 0.0
    is_ready: bool = field(default=False)

    def start(self, *, waiting: bool = False) -> None:
        """Start it; its standard error is appended to its log.  One that cannot start counts as dead.

        One that starts ``waiting`` loads its program and goes on with ``begin``.
        """
        self.started = time.monotonic()
        try:
            process = self._start(waiting=waiting)
        except (OSError, subprocess.SubprocessError) as failure:
            # No memory or no process number left, most likely; that passes, and the others go on.
            log.warning("child does not start", child=self.role, problem=str(failure))
            self._note_death()
        else:
            self.process = process
            log.info("child started", child=self.role, child_pid=process.pid)

    def begin(self) -> None:
        """Tell one that waits that its turn has come; one that died meanwhile starts without a wait."""
        if self.turn_pipe >= 0:
            with suppress(BrokenPipeError):
                os.write(self.turn_pipe, b".")
        self._close_turn()

    def _start(self, *, waiting: bool) -> subprocess.Popen[bytes]:
        self._close_pipes()
        self.is_ready = False
        self.ready_pipe, ready = os.pipe()
        os.set_blocking(self.ready_pipe, False)
        theirs = {READY_FD: ready}
        if waiting:
            theirs[TURN_FD], self.turn_pipe = os.pipe()
        try:
            with self.log.open("ab") as log_file:
                return subprocess.Popen(  # noqa: S603 - our own command with our own arguments
                    [sys.executable, "-m", "lazaretto.cli.main", "serve", self.role, *self.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log_file,
                    stderr=log_file,
                    env=dict(os.environ, **{name: str(each) for name, each in theirs.items()}),
                    pass_fds=tuple(theirs.values()),
                    preexec_fn=_die_with_parent,
                )
        finally:
            for each in theirs.values():
                os.close(each)

    def look(self) -> None:
        """Notice readiness and death; start again when its pause is over."""
        if self.process is None:
            if time.monotonic() >= self.start_again_at:
                self.start()
            return
        if not self.is_ready and self._said_ready():
            self.is_ready = True
        code = self.process.poll()
        if code is not None:
            self._note_death()
            log.warning("child died", child=self.role, code=code, deaths=self.deaths)

    def stop(self, patience: float) -> None:
        """Ask it to end and wait; kill it after ``patience`` seconds."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self._close_pipes()

    def ask_to_end(self) -> None:
        """Send SIGTERM without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def _said_ready(self) -> bool:
        readable, _, _ = select.select([self.ready_pipe], [], [], 0)
        return bool(readable) and os.read(self.ready_pipe, 16).startswith(b"ready")

    def _note_death(self) -> None:
        lived = time.monotonic() - self.started
        self.deaths = 1 if lived > STEADY_AFTER else self.deaths + 1
        # The first restart is at once: a crashed edge must answer again before anyone notices.
        pause = 0.0 if self.deaths == 1 else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.deaths, 10))
        self.start_again_at = time.monotonic() + pause
        self.process, self.is_ready = None, False

    def _close_pipes(self) -> None:
        self._close_turn()
        if self.ready_pipe >= 0:
            os.close(self.ready_pipe)
            self.ready_pipe = -1

    def _close_turn(self) -> None:
        if self.turn_pipe >= 0:
            os.close(self.turn_pipe)
            self.turn_pipe = -1


def last_words(log: Path, lines: int = 5) -> str:
    """Return the last lines of a child's log, for the message that says why it does not start."""
    try:
        with log.open("rb") as file:
            return _tail(file, lines)
    except OSError:
        return ""


def _tail(file: IO[bytes], lines: int) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8_192))
    return b"\n".join(file.read().rstrip().split(b"\n")[-lines:]).decode("utf-8", "replace")


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Ctrl-C goes to the whole foreground group; only the supervisor acts on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
