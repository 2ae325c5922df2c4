"""The embedded cluster's files: where they lie, how they are made, and the server's configuration."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.binaries import STATE_FOLDER, Binaries
from lazaretto.db.service_user import ServiceUser

SUPERUSER: Final = "lazaretto"
# sun_path holds 108 octets, of which PostgreSQL's own file name takes 17.
_LONGEST_SOCKET_FOLDER: Final = 80
_INCLUDE: Final = "\ninclude = 'lazaretto.conf'\ninclude_if_exists = 'local.conf'\n"
_CONFIGURATION: Final = """\
# Written at each start; put changes into local.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777
max_connections = 100
shared_buffers = 64MB
dynamic_shared_memory_type = posix
synchronous_commit = on
wal_compression = on
max_wal_size = 1GB
min_wal_size = 128MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9
idle_in_transaction_session_timeout = 30s
tcp_user_timeout = 30s
autovacuum_naptime = 15s
random_page_cost = 1.1
jit = off
timezone = UTC
log_timezone = UTC
log_destination = stderr
logging_collector = off
log_line_prefix = '%m [%p] %d '
log_checkpoints = off
log_min_messages = warning
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the cluster of one home lies."""

    data: Path
    sockets: Path
    password_file: Path
    log: Path

    @property
    def exists(self) -> bool:
        """Tell whether it was made completely; the marker is written last."""
        return (self.data / "lazaretto.complete").exists()

    @property
    def major(self) -> int | None:
        """The PostgreSQL version that made it; None before."""
        file = self.data / "PG_VERSION"
        return int(file.read_text().strip()) if self.exists and file.exists() else None

    def dsn(self, database: str) -> str:
        """Return the connection string of ``database``; ConfigurationError before the first start."""
        try:
            password = self.password_file.read_text(encoding="ascii").strip()
        except OSError as failure:
            problem = f"no database in {self.password_file.parent} yet; start `lazaretto run` there first"
            raise ConfigurationError(problem) from failure
        return f"host={self.sockets} port=5432 user={SUPERUSER} password={password} dbname={database}"


def cluster_of(home: Path, user: ServiceUser) -> Cluster:
    """Return the cluster of ``home``: inside it, or under /var/lib where the service user cannot enter it."""
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    base = home / "postgresql"
    if not user.can_enter(home):
        base = STATE_FOLDER / digest
    sockets = base / "run"
    if len(os.fsencode(sockets)) > _LONGEST_SOCKET_FOLDER:
        sockets = Path(tempfile.gettempdir()) / f"lazaretto-pg-{user.uid}-{digest}"
    return Cluster(
        data=base / "data", sockets=sockets, password_file=home / "database.password", log=base / "server.log"
    )


def make_folders(cluster: Cluster, home: Path, user: ServiceUser) -> None:
    """Make the folders around the cluster; a cluster elsewhere gets a link from its home."""
    base = cluster.data.parent
    if base.parent == STATE_FOLDER:
        STATE_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    user.own(base)
    user.own(cluster.sockets)
    if cluster.sockets.lstat().st_uid != user.uid or cluster.sockets.is_symlink():
        raise ConfigurationError(f"{cluster.sockets} belongs to somebody else; remove it")
    link = home / "postgresql"
    if base != link and not link.is_symlink() and not link.exists():
        link.symlink_to(base)


def make_cluster(cluster: Cluster, binaries: Binaries, user: ServiceUser) -> None:
    """Make the cluster with page checksums and a random password; what a crash left half made goes first."""
    if cluster.data.exists():
        shutil.rmtree(cluster.data)
    password = _password(cluster.password_file)
    # The service user cannot read the password file in our home.
    with tempfile.NamedTemporaryFile(dir=cluster.data.parent, prefix=".password-") as handed:
        handed.write(password.encode() + b"\n")
        handed.flush()
        if not user.is_us:
            os.chown(handed.name, user.uid, user.gid)
        _run_initdb(cluster, binaries, user, Path(handed.name))
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(_INCLUDE)
    marker = cluster.data / "lazaretto.complete"
    marker.touch(mode=0o600)
    if not user.is_us:
        os.chown(marker, user.uid, user.gid)


def write_configuration(cluster: Cluster, user: ServiceUser) -> None:
    """Write our part of the server's configuration, which follows the program, not the cluster."""
    file = cluster.data / "lazaretto.conf"
    file.write_text(_CONFIGURATION.format(sockets=cluster.sockets), encoding="utf-8")
    file.chmod(0o600)
    if not user.is_us:
        os.chown(file, user.uid, user.gid)


def _run_initdb(cluster: Cluster, binaries: Binaries, user: ServiceUser, password: Path) -> None:
    command = [
        binaries.program("initdb"),
        f"--pgdata={cluster.data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
    ]
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False, cwd="/", **user.options
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConfigurationError(f"initdb could not make {cluster.data}: {said}")


def _password(file: Path) -> str:
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    password = secrets.token_urlsafe(24)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(password + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return password
