"""The embedded cluster's files: where they lie, how they are made, and the server's configuration."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.binaries import STATE_FOLDER, Binaries
from lazaretto.db.service_user import ServiceUser, name_of, owner_of, service_user
from lazaretto.files.placing import sync_folder, write_new_durably

SUPERUSER: Final = "lazaretto"
_LINK: Final = "postgresql"
_PASSWORD_FILE: Final = "database.password"  # noqa: S105 - a file's name
_MASTER_KEY: Final = "master.key"
"""Not ours, but made after the cluster: where it is, there was mail."""
_NEXT: Final = "-"
# sun_path holds 108 octets, of which PostgreSQL's own file name takes 17.
_LONGEST_SOCKET_FOLDER: Final = 80
_INCLUDE: Final = "\ninclude = 'lazaretto.conf'\ninclude_if_exists = 'local.conf'\n"
_CONFIGURATION: Final = """\
# Written at each start; put changes into local.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777
max_connections = 120
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
        except FileNotFoundError as failure:
            problem = f"no database in {self.password_file.parent} yet; start `lazaretto run` there first"
            raise ConfigurationError(problem) from failure
        except OSError as failure:
            problem = (
                f"cannot read {self.password_file}: {failure.strerror}; run this as its owner or as root"
            )
            raise ConfigurationError(problem) from failure
        return f"host={self.sockets} port=5432 user={SUPERUSER} password={password} dbname={database}"


def cluster_of(home: Path, user: ServiceUser) -> Cluster:
    """Return the cluster of ``home``: where it lies already, else where one would be made.

    That is inside the home, or under /var/lib where the service user cannot enter the home.
    """
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    password_file = home / _PASSWORD_FILE
    link = home / _LINK
    if link.is_symlink() or link.exists():
        # Also of a home that was moved: the link, not the home's path, tells where its cluster is.
        base = link.resolve() if link.is_symlink() else link
    elif user.can_enter(home):
        base = link
    elif password_file.exists():
        base = STATE_FOLDER / digest
    else:
        base = next(place for place in _places(digest) if not place.exists())
    sockets = base / "run"
    if len(os.fsencode(sockets)) > _LONGEST_SOCKET_FOLDER:
        sockets = Path(tempfile.gettempdir()) / f"lazaretto-pg-{user.uid}-{digest}"
    return Cluster(data=base / "data", sockets=sockets, password_file=password_file, log=base / "server.log")


def runner_of(home: Path) -> ServiceUser:
    """Return who runs the server of ``home``: for root, the owner of a cluster that exists already."""
    user = service_user()
    if os.geteuid() != 0:
        return user
    return owner_of(cluster_of(home, user).data) or user


def check_not_lost(cluster: Cluster, home: Path) -> None:
    """Raise ConfigurationError if ``home`` had a cluster that is not there now; a new one would hide that."""
    if cluster.exists:
        if not cluster.password_file.exists():
            raise ConfigurationError(
                f"{cluster.password_file} is missing, without which nothing opens the database in "
                f"{cluster.data}; put it back, or move {cluster.data.parent} away to start with an empty one"
            )
        return
    # A first start that ended early leaves a password and an unfinished cluster, which goes.
    is_first_start = cluster.data.exists() and not (home / _MASTER_KEY).exists()
    signs = [name for name in (_PASSWORD_FILE, _MASTER_KEY) if (home / name).exists()]
    if signs and not is_first_start:
        raise ConfigurationError(
            f"{home} has {' and '.join(signs)}, but its database is missing: there is none in "
            f"{cluster.data}; put it back (a link {home / _LINK} may lead to it), or name its server "
            f"in database.dsn, or choose another --home"
        )


def left_behind(cluster: Cluster) -> tuple[Path, ...]:
    """Return the clusters under /var/lib of homes that were at this place before, and went."""
    base = cluster.data.parent
    if base.parent != STATE_FOLDER:
        return ()
    digest = base.name.partition(_NEXT)[0]
    before = []
    for place in _places(digest):
        if place == base or not place.exists():
            break
        before.append(place)
    return tuple(before)


def make_folders(cluster: Cluster, home: Path, user: ServiceUser) -> None:
    """Make the folders around the cluster; a cluster elsewhere gets a link from its home.

    What exists already keeps its owner.
    """
    base = cluster.data.parent
    if base.parent == STATE_FOLDER:
        STATE_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not cluster.exists:
        user.own(base)
    if not cluster.sockets.is_symlink() and not cluster.sockets.exists():
        user.own(cluster.sockets)
    if cluster.sockets.lstat().st_uid != user.uid or cluster.sockets.is_symlink():
        raise ConfigurationError(f"{cluster.sockets} belongs to somebody else; remove it")
    link = home / _LINK
    if base != link and not link.is_symlink() and not link.exists():
        link.symlink_to(base)


def check_usable(cluster: Cluster, user: ServiceUser) -> None:
    """Raise ConfigurationError if ``user`` cannot run the server of this cluster."""
    if not cluster.exists:
        return
    owner = cluster.data.stat().st_uid
    if owner != user.uid:
        raise ConfigurationError(
            f"the database in {cluster.data} belongs to {name_of(owner)}, and PostgreSQL would run "
            f"as {name_of(user.uid)}: run this as {name_of(owner)}, or give the folder to its owner again"
        )
    if not user.can_enter(cluster.data):
        raise ConfigurationError(
            f"{name_of(user.uid)}, who runs PostgreSQL, cannot enter {cluster.data}: let others pass "
            f"the folders above it (chmod o+x), or move the home to where they can"
        )


def make_cluster(cluster: Cluster, binaries: Binaries, user: ServiceUser) -> None:
    """Make the cluster with page checksums and a random password; what a crash left half made goes first."""
    # The folder comes before the password and stays: it tells a first start that ended early from a
    # cluster that went missing.
    user.own(cluster.data)
    _empty(cluster.data)
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
        file.flush()
        os.fsync(file.fileno())
    marker = cluster.data / "lazaretto.complete"
    marker.touch(mode=0o600)
    if not user.is_us:
        os.chown(marker, user.uid, user.gid)
    # initdb syncs what it makes; our marker and the way to it must outlive a power cut, too.
    for folder in (
        cluster.data,
        cluster.data.parent,
        cluster.data.parent.parent,
        cluster.password_file.parent,
    ):
        # A folder of somebody else, in which we were given a place: whoever made that has its name kept.
        with suppress(PermissionError):
            sync_folder(folder)


def write_configuration(cluster: Cluster, user: ServiceUser) -> None:
    """Write our part of the server's configuration, which follows the program, not the cluster."""
    file = cluster.data / "lazaretto.conf"
    file.write_text(_CONFIGURATION.format(sockets=cluster.sockets), encoding="utf-8")
    file.chmod(0o600)
    if not user.is_us:
        os.chown(file, user.uid, user.gid)


def _places(digest: str) -> Iterator[Path]:
    """Give the folders under /var/lib for homes at one path, one after the other."""
    yield STATE_FOLDER / digest
    for number in count(2):
        yield STATE_FOLDER / f"{digest}{_NEXT}{number}"


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


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
    write_new_durably(file, password.encode() + b"\n")
    return password
