"""A home keeps its database, wherever it is moved and whoever looks in; nothing makes one by mistake."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.binaries import STATE_FOLDER
from lazaretto.db.server import EmbeddedServer

LAZARETTO = Path(sys.executable).with_name("lazaretto")
pytestmark = pytest.mark.integration
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any account can enter; clusters that its homes have elsewhere go with it."""
    folder = Path(tempfile.mkdtemp(prefix="lazaretto-home-"))
    folder.chmod(0o711)
    before = clusters_elsewhere()
    yield folder
    links = (*folder.glob("*/postgresql"), *folder.glob("*/*/postgresql"))
    mine = {link.resolve() for link in links if link.is_symlink()}
    shutil.rmtree(folder)
    for cluster in mine - before:
        shutil.rmtree(cluster, ignore_errors=True)


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder like /root: nobody but us can enter it."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    return closed


@pytest.fixture
def home(folder: Path) -> Path:
    """A home that any account can enter, with nothing in it."""
    home = folder / "home"
    home.mkdir()
    home.chmod(0o711)
    return home


def clusters_elsewhere() -> set[Path]:
    return set(STATE_FOLDER.iterdir()) if STATE_FOLDER.is_dir() else set()


def write(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn("postgres")) as connection:
        connection.execute("CREATE TABLE kept (what text)")


def has_what_was_written(server: EmbeddedServer) -> bool:
    with psycopg.connect(server.dsn("postgres")) as connection:
        return connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def command(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LAZARETTO, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | environment,
    )


@as_root
def test_a_home_that_was_moved_keeps_the_database_that_lies_elsewhere(closed: Path) -> None:
    first, second = closed / "a", closed / "b"
    with EmbeddedServer(first) as server:
        write(server)
        elsewhere = server.cluster.data
    assert elsewhere.is_relative_to(STATE_FOLDER)
    first.rename(second)

    with EmbeddedServer(second) as server:
        assert has_what_was_written(server)
        assert server.cluster.data == elsewhere


@as_root
def test_a_new_home_where_a_moved_one_was_leaves_that_its_database(closed: Path) -> None:
    first, second = closed / "a", closed / "b"
    with EmbeddedServer(first) as server:
        write(server)
    first.rename(second)

    with EmbeddedServer(first) as fresh, EmbeddedServer(second) as moved:
        assert not has_what_was_written(fresh)
        assert has_what_was_written(moved)


@as_root
def test_a_new_home_where_one_was_removed_starts_afresh_and_tells_of_the_old_database(closed: Path) -> None:
    home = closed / "a"
    with EmbeddedServer(home) as server:
        write(server)
        old = server.cluster
    shutil.rmtree(home)
    told: list[str] = []
    try:
        server = EmbeddedServer(home, told.append)
        assert not server.is_made()
        with server:
            assert not has_what_was_written(server)
            assert server.cluster.data != old.data
        assert old.exists
        assert any(str(old.data.parent) in line and "remove it" in line for line in told)
        told.clear()
        with EmbeddedServer(home, told.append) as server:
            assert told == []
    finally:
        shutil.rmtree(old.data.parent)


@as_root
def test_a_copied_home_does_not_take_the_database_from_the_first(closed: Path) -> None:
    first, second = closed / "a", closed / "b"
    with EmbeddedServer(first) as server:
        shutil.copytree(first, second, symlinks=True)
        pid = server.pid
        with pytest.raises(ConfigurationError, match="another home"):
            EmbeddedServer(second).start()
        assert server.pid == pid
        write(server)


@pytest.mark.parametrize("sign", ["database.password", "master.key"])
def test_no_empty_database_takes_the_place_of_one_that_is_missing(home: Path, sign: str) -> None:
    (home / sign).touch(mode=0o600)

    with pytest.raises(ConfigurationError, match=f"{sign}, but its database is missing"):
        EmbeddedServer(home).start()
    with pytest.raises(ConfigurationError, match="its database is missing"):
        EmbeddedServer(home).is_made()
    assert not (home / "postgresql").exists()


def test_a_link_that_leads_nowhere_is_named(folder: Path, home: Path) -> None:
    (home / "database.password").touch(mode=0o600)
    (home / "postgresql").symlink_to(folder / "gone")

    with pytest.raises(ConfigurationError, match=f"there is none in {folder}/gone/data"):
        EmbeddedServer(home).start()


def test_a_first_start_that_ended_early_is_finished_by_the_next(home: Path) -> None:
    with EmbeddedServer(home) as server:
        cluster = server.cluster
    (cluster.data / "lazaretto.complete").unlink()

    with EmbeddedServer(home) as server:
        write(server)


def test_a_missing_password_is_named(home: Path) -> None:
    with EmbeddedServer(home) as server:
        cluster = server.cluster
    cluster.password_file.unlink()

    with pytest.raises(ConfigurationError, match=r"database\.password is missing"):
        EmbeddedServer(home).start()
    assert cluster.exists


@as_root
def test_root_leaves_another_users_database_to_that_user(home: Path) -> None:
    somebody = pwd.getpwnam("nobody")
    os.chown(home, somebody.pw_uid, somebody.pw_gid)
    # An account other than the one that root would choose made this cluster.
    with EmbeddedServer(home) as server:
        cluster = server.cluster
    for path in (home / "postgresql", *(home / "postgresql").rglob("*"), home / "database.password"):
        os.chown(path, somebody.pw_uid, somebody.pw_gid, follow_symlinks=False)

    with EmbeddedServer(home) as server:
        write(server)
    owners = {path.stat().st_uid for path in (cluster.data.parent, cluster.data, *cluster.data.rglob("*"))}
    assert owners == {somebody.pw_uid}


@as_root
def test_a_database_of_another_account_is_refused_with_what_to_do(home: Path) -> None:
    with EmbeddedServer(home):
        pass
    program = (
        "import os, sys; from pathlib import Path; from lazaretto.core.errors import ConfigurationError\n"
        "from lazaretto.db.server import EmbeddedServer\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "server = EmbeddedServer(Path(sys.argv[1]))\n"
        "for act in (server.start, server.is_made, lambda: server.dsn('spool')):\n"
        "    try: act()\n"
        "    except ConfigurationError as refusal: print(refusal)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 3
    assert all("run this as" in line for line in done.stdout.splitlines())


@as_root
def test_a_database_that_its_account_cannot_reach_any_more_is_refused(home: Path, closed: Path) -> None:
    with EmbeddedServer(home):
        pass
    home.rename(closed / "home")

    with pytest.raises(ConfigurationError, match="cannot enter"):
        EmbeddedServer(closed / "home").start()


@pytest.mark.parametrize("words", [("trace",), ("tenant", "list")], ids=" ".join)
def test_a_command_makes_no_home(folder: Path, words: tuple[str, ...]) -> None:
    home = folder / "nothing"
    done = command(*words, "--home", home, LAZARETTO_DSN="")

    assert done.returncode == 1
    assert f"there is no Lazaretto in {home}; start one with `lazaretto run --home {home}`" in done.stderr
    assert not home.exists()


def test_a_dsn_that_is_none_is_told_in_a_sentence(folder: Path) -> None:
    done = command("tenant", "list", "--home", folder / "home", LAZARETTO_DSN="garbage")

    assert done.returncode == 1
    assert "LAZARETTO_DSN) is no connection string" in done.stderr
    assert "Traceback" not in done.stderr
