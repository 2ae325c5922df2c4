"""The embedded PostgreSQL of one home, supervised by us: a real server on a unix socket only.

It ends with its parent, however that ends; a server that was left behind is stopped cleanly before
the next start.  Recovery after a crash may take long and is waited for.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Protocol

import psycopg

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.db.binaries import Binaries, find_binaries
from lazaretto.db.cluster import (
    Cluster,
    check_not_lost,
    check_usable,
    cluster_of,
    left_behind,
    make_cluster,
    make_folders,
    runner_of,
    write_configuration,
)
from lazaretto.db.pool import has_no_place, translated
from lazaretto.db.service_user import ServiceUser, name_of

Progress = Callable[[str], None]
START_PATIENCE: Final = 3600.0
"""Seconds that recovery may take; the write-ahead log of a busy hour is replayed within minutes."""
STOP_PATIENCE: Final = 60.0
_LOOK_EVERY: Final = 0.02
_TELL_EVERY: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None)


class DatabaseServer(Protocol):
    """A PostgreSQL that our databases live in."""

    def is_made(self) -> bool:
        """Tell whether there is anything to start; makes nothing.  ConfigurationError: it went missing."""

    def start(self) -> None:
        """Make it answer; raise ConfigurationError or TemporaryFailure when it cannot."""

    def stop(self) -> None:
        """End it cleanly, if it is ours to end."""

    def look(self) -> None:
        """Start it again if it died; call every second or so."""

    def dsn(self, database: str) -> str:
        """Return the connection string of ``database``."""


def database_server(home: Path, dsn: str = "", progress: Progress | None = None) -> DatabaseServer:
    """Return the server that ``dsn`` names, else the embedded one of ``home``."""
    return GivenServer(dsn) if dsn else EmbeddedServer(home, progress)


class GivenServer:
    """A PostgreSQL that somebody else runs."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def is_made(self) -> bool:
        """Return True: whoever runs it made it."""
        return True

    def start(self) -> None:
        """Check that it answers and is new enough."""
        try:
            with psycopg.connect(self._dsn, connect_timeout=10) as connection:
                version = connection.info.server_version
        except psycopg.OperationalError as failure:
            if has_no_place(failure):
                raise translated(failure) from failure
            raise TemporaryFailure(f"the database of database.dsn does not answer: {failure}") from failure
        except psycopg.Error as failure:
            raise _wrong_dsn(failure) from failure
        if version < 150000:
            raise ConfigurationError(f"PostgreSQL {version // 10000} is too old; at least 15 is needed")

    def stop(self) -> None:
        """Leave it alone."""

    def look(self) -> None:
        """Leave it alone."""

    def dsn(self, database: str) -> str:
        """Return the given connection string, for ``database``."""
        try:
            return psycopg.conninfo.make_conninfo(self._dsn, dbname=database)
        except psycopg.Error as failure:
            raise _wrong_dsn(failure) from failure


class EmbeddedServer:
    """The PostgreSQL whose cluster belongs to ``home``."""

    def __init__(self, home: Path, progress: Progress | None = None) -> None:
        self._home = home.resolve()
        self._user: ServiceUser = runner_of(self._home)
        self._tell = progress or (lambda _: None)
        self._lock: IO[bytes] | None = None
        self._cluster_lock: int | None = None
        self._binaries: Binaries | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> Cluster:
        """Where its files are."""
        return cluster_of(self._home, self._user)

    @property
    def pid(self) -> int | None:
        """The process id of the server that we started; None when it does not run."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and alive else None

    def dsn(self, database: str) -> str:
        """Return the connection string of ``database``; needs no server that runs."""
        with self._refusals_explained():
            return self.cluster.dsn(database)

    def is_made(self) -> bool:
        """Tell whether the home has a cluster; makes nothing."""
        with self._refusals_explained():
            cluster = self.cluster
            check_not_lost(cluster, self._home)
            return cluster.exists

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and return when it answers.

        Call it from a thread that lives as long as the server shall: the kernel stops the server
        when that thread ends.
        """
        with self._refusals_explained():
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
            try:
                self._start()
            except BaseException:
                self._let_go()
                raise

    def stop(self) -> None:
        """End it cleanly: sessions are cut, everything committed is kept.  Stopping twice is harmless."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                # Immediate shutdown: the write-ahead log has everything, the next start replays it.
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(STOP_PATIENCE)
        self._process = None
        self._let_go()

    def look(self) -> None:
        """Start the server again if it died; one that was never started is left alone."""
        if self._process is not None and self._process.poll() is not None:
            self._tell("the database died; starting it again")
            self._launch(self.cluster)

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        cluster = self.cluster
        check_not_lost(cluster, self._home)
        check_usable(cluster, self._user)
        for before in () if cluster.exists else left_behind(cluster):
            self._tell(
                f"{before} holds the database of a home that was at {self._home} before; it stays as it is: "
                f"remove it if that home is gone for good"
            )
        make_folders(cluster, self._home, self._user)
        self._take_cluster_lock(cluster)
        _stop_orphan(cluster)
        self._binaries = find_binaries(self._user, cluster.major)
        if not cluster.exists:
            self._tell("making the database")
            make_cluster(cluster, self._binaries, self._user)
        self._launch(cluster)

    @contextmanager
    def _refusals_explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            raise ConfigurationError(self._explained(failure)) from failure

    def _explained(self, failure: OSError) -> str:
        problem = f"cannot use {failure.filename or self._home}: {failure.strerror or failure}"
        if not isinstance(failure, PermissionError):
            return problem
        place = Path(os.fsdecode(failure.filename or self._home))
        barrier = next(folder for folder in (place, *place.parents) if _can_see(folder))
        owner = name_of(barrier.stat().st_uid)
        return (
            f"{problem}; {barrier} belongs to {owner}: run this as {owner}, or give it to the owner of "
            f"{self._home} again, or choose another --home"
        )

    def _launch(self, cluster: Cluster) -> None:
        write_configuration(cluster, self._user)
        deadline = time.monotonic() + STOP_PATIENCE
        while True:
            self._spawn(cluster)
            if self._answers_in_time(cluster):
                return
            # What a killed server leaves behind (backends that still hold its shared memory, or its
            # pid file) goes away by itself within moments.
            if time.monotonic() > deadline or not _is_left_over(cluster):
                raise TemporaryFailure(f"the database does not start: {_last_words(cluster.log)}")
            time.sleep(0.2)

    def _spawn(self, cluster: Cluster) -> None:
        assert self._binaries is not None
        if cluster.log.exists():
            # What the one before said last is often why there is a next one.
            cluster.log.replace(cluster.log.with_suffix(".log.1"))
        with cluster.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [self._binaries.program("postgres"), "-D", str(cluster.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_leave_group_and_end_with_parent,
                **self._user.options,
            )

    def _answers_in_time(self, cluster: Cluster) -> bool:
        began = told = time.monotonic()
        dsn = cluster.dsn("postgres")
        while self._process is not None and self._process.poll() is None:
            with suppress(psycopg.OperationalError):
                psycopg.connect(dsn, connect_timeout=10).close()
                return True
            now = time.monotonic()
            if now - told >= _TELL_EVERY:
                told = now
                self._tell(f"the database recovers, {now - began:.0f} s so far")
            if now - began > START_PATIENCE:
                self._process.send_signal(signal.SIGQUIT)
                raise TemporaryFailure(f"the database did not answer within {START_PATIENCE:.0f} s")
            time.sleep(_LOOK_EVERY)
        return False

    def _take_lock(self) -> None:
        if self._lock is not None:
            raise ConfigurationError("this server was started already")
        lock = (self._home / "database.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            lock.close()
            raise ConfigurationError(f"another lazaretto uses this home: {self._home}") from failure
        self._lock = lock

    def _take_cluster_lock(self, cluster: Cluster) -> None:
        """Have the cluster to ourselves: a copied home has a link to the cluster of the first."""
        folder = os.open(cluster.data.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as failure:
            os.close(folder)
            problem = f"the lazaretto of another home uses the database in {cluster.data}; stop it first"
            raise ConfigurationError(problem) from failure
        self._cluster_lock = folder

    def _let_go(self) -> None:
        if self._cluster_lock is not None:
            os.close(self._cluster_lock)
            self._cluster_lock = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _can_see(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _wrong_dsn(failure: psycopg.Error) -> ConfigurationError:
    return ConfigurationError(f"database.dsn (or LAZARETTO_DSN) is no connection string: {failure}".rstrip())


def _leave_group_and_end_with_parent() -> None:
    # Ctrl-C goes to the whole foreground group; only the supervisor may act on it.
    os.setsid()
    # SIGINT is PostgreSQL's fast shutdown.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _stop_orphan(cluster: Cluster) -> None:
    """End a server of this cluster whose parent died before it."""
    pid = _running_pid(cluster)
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_PATIENCE
    while _running_pid(cluster) == pid:
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            deadline += STOP_PATIENCE
        time.sleep(_LOOK_EVERY)


def _running_pid(cluster: Cluster) -> int | None:
    """Return the server that runs this cluster, if any: a pid alone may have been given away since."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
        # A server's working directory is its cluster.
        runs_it = Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.data.resolve()
    except (OSError, ValueError):
        return None
    return pid if runs_it else None


def _is_left_over(cluster: Cluster) -> bool:
    words = _last_words(cluster.log, lines=8)
    return "shared memory block" in words or "lock file" in words


def _last_words(log: Path, lines: int = 3) -> str:
    try:
        text = log.read_bytes()[-8_192:].decode("utf-8", "replace")
    except OSError:
        return "it left no log"
    return " / ".join(text.strip().splitlines()[-lines:])
