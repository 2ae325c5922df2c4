"""A PostgreSQL to throw away: made from given programs, killed like a machine, followed by a standby.

Servers listen on a unix socket in a folder that only they and we can enter, so everybody who gets
there is trusted, replication included.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg

from lazaretto.db.binaries import Binaries
from lazaretto.db.service_user import ServiceUser, service_user

SUPERUSER: Final = "lazaretto"
PATIENCE: Final = 60.0
_PR_SET_PDEATHSIG: Final = 1
_IPC_RMID: Final = 0
_libc = ctypes.CDLL(None)
_CONFIGURATION: Final = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 40
max_wal_senders = 5
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
synchronous_commit = on
hot_standby = on
wal_retrieve_retry_interval = 200ms
log_destination = stderr
logging_collector = off
"""


class ThrowAwayServer:
    """One cluster in a folder of its own; starts and ends as often as a test wants."""

    def __init__(self, folder: Path, binaries: Binaries, user: ServiceUser) -> None:
        self.folder = folder
        self._binaries = binaries
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.folder / "data"

    @property
    def major(self) -> int:
        """Version of its programs."""
        return self._binaries.major

    def dsn(self, database: str = "postgres") -> str:
        """Return the connection string of ``database``."""
        return f"host={self.folder} port=5432 user={SUPERUSER} dbname={database}"

    def sql(self, text: str, *parameters: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement outside any transaction; return its rows."""
        with psycopg.connect(self.dsn(database), autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(text, parameters)
            return cursor.fetchall() if cursor.description else []

    def make(self) -> None:
        """Make an empty cluster."""
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-sync"]
        self._run("initdb", f"--pgdata={self.data}", f"--username={SUPERUSER}", *options)
        self.configure(_CONFIGURATION.format(folder=self.folder))

    def copy_from(self, primary: ThrowAwayServer, name: str) -> None:
        """Make a cluster that follows ``primary`` and calls itself ``name``."""
        source = f"host={primary.folder} port=5432 user={SUPERUSER} application_name={name}"
        options = ["--wal-method=stream", "--checkpoint=fast", "--no-sync"]
        self._run("pg_basebackup", f"--dbname={source}", f"--pgdata={self.data}", *options)
        (self.data / "standby.signal").touch()
        self.configure(f"unix_socket_directories = '{self.folder}'\nprimary_conninfo = '{source}'\n")

    def configure(self, lines: str) -> None:
        """Add ``lines`` to its configuration; those that count are the last ones."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(lines)

    def reload(self) -> None:
        """Let it read its configuration again."""
        self.sql("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start it unless it runs, and return when it answers."""
        if self._process is not None:
            return
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [self._binaries.program("postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_end_with_parent,
                **self._user.options,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self._last_words()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Shut it down: sessions are cut, everything committed is kept.  Harmless when it does not run."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Take it away with all its processes, as a power cut does; nobody gets a word."""
        if self._process is None:
            return
        children = _children_of(self._process.pid)
        self._process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.wait(PATIENCE)
        self._process = None
        self._remove_shared_memory()

    def promote(self) -> None:
        """Make a primary of a standby; return when it takes writes."""
        if self.sql("SELECT pg_promote(true, %s)", int(PATIENCE)) != [(True,)]:
            raise RuntimeError(f"the standby was not promoted: {self._last_words()}")

    def _remove_shared_memory(self) -> None:
        # The kernel keeps the segment of a killed server, named in the seventh line, until it starts again.
        with suppress(OSError, IndexError, ValueError):
            named = (self.data / "postmaster.pid").read_text("ascii").split("\n")[6]
            _libc.shmctl(int(named.split()[1]), _IPC_RMID, None)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self.sql("SELECT 1")
            return True
        return False

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._binaries.program(program), *arguments]
        done = subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, text=True, check=False, cwd="/", **self._user.options
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()[-500:]}")

    def _last_words(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")[-1_000:]


@contextmanager
def throw_away_server(binaries: Binaries, settings: str = "") -> Iterator[ThrowAwayServer]:
    """Give a running, empty server with ``settings``; it and its files are gone afterwards."""
    with _folder() as folder:
        server = ThrowAwayServer(folder, binaries, service_user())
        server.make()
        server.configure(settings)
        yield from _running(server)


@contextmanager
def standby_of(primary: ThrowAwayServer, binaries: Binaries, name: str) -> Iterator[ThrowAwayServer]:
    """Give a running server that follows ``primary`` as ``name``; it and its files are gone afterwards."""
    with _folder() as folder:
        server = ThrowAwayServer(folder, binaries, service_user())
        server.copy_from(primary, name)
        yield from _running(server)


def _running(server: ThrowAwayServer) -> Iterator[ThrowAwayServer]:
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def _folder() -> Iterator[Path]:
    # Not below pytest's folders: those are closed to the service user.
    folder = Path(tempfile.mkdtemp(prefix="lazaretto-pg-"))
    try:
        service_user().own(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _children_of(pid: int) -> list[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    with suppress(OSError):
        return [int(child) for child in file.read_text("ascii").split()]
    return []


def _end_with_parent() -> None:
    # Away from the test's group, whose Ctrl-C is not for it; gone when the test is.
    os.setsid()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
