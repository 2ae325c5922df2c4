"""What was answered survives; what may not survive is not answered."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.errors import ConfigurationError, NotDurable, TemporaryFailure
from lazaretto.db.migrate import migrate, prepare
from lazaretto.db.pool import Pool, check_committed
from lazaretto.db.server import EmbeddedServer, GivenServer, database_server
from lazaretto.spool import grouping
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing.messages import a_copy, a_judgement, a_submission


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lazaretto-home-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(home) as started:
        yield started


async def an_acceptor(server: EmbeddedServer, home: Path) -> Acceptor:
    pool = Pool(server.dsn("spool"), 4)
    keys = await Keys.open(home / "master.key", TenantKeyRows(pool))
    store = Contents(keys, InlineContentRows(pool).fetch, FileContent(home / "content"))
    settings = SpoolSettings(committers=2)
    return Acceptor(pool, store, await register(pool, home, settings.node_lease), settings)


async def test_no_message_that_was_answered_is_lost_when_the_database_is_killed(
    server: EmbeddedServer, home: Path
) -> None:
    prepare(server)
    acceptor = await an_acceptor(server, home)
    answered, refused = set(), 0
    is_over = False

    async def clients() -> None:
        nonlocal refused
        while not is_over:
            submission = a_submission(octets=os.urandom(4_000))
            try:
                await acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
            except TemporaryFailure:
                refused += 1
                await asyncio.sleep(0.01)
            else:
                answered.add(submission.id)

    tasks = [asyncio.create_task(clients()) for _ in range(8)]
    for _ in range(3):
        already = len(answered)
        async with asyncio.timeout(120):
            while len(answered) < already + 100:
                await asyncio.sleep(0.01)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.sleep(0.05)
        # On this thread: the server ends with the thread that starts it.
        server.look()
    is_over = True
    await asyncio.gather(*tasks)

    with psycopg.connect(server.dsn("spool")) as connection:
        kept = {row[0] for row in connection.execute("SELECT message FROM content").fetchall()}
        queued = {row[0] for row in connection.execute("SELECT message FROM queue").fetchall()}
    assert len(answered) > 300
    assert refused > 0
    assert answered <= kept
    assert answered <= queued


async def test_many_messages_share_a_commit_and_a_bad_one_fails_alone(spool, monkeypatch) -> None:
    commits = 0
    commit = grouping.commit

    async def counted(connection) -> None:
        nonlocal commits
        commits += 1
        await commit(connection)

    monkeypatch.setattr(grouping, "commit", counted)
    submissions = [a_submission() for _ in range(50)]
    await spool.acceptor.commit(submissions[0], a_judgement(a_copy(submissions[0], Disposition.DELIVER)))
    commits = 0

    await asyncio.gather(
        *(spool.acceptor.commit(s, a_judgement(a_copy(s, Disposition.DELIVER))) for s in submissions[1:])
    )
    assert commits <= 5
    assert spool.sql("SELECT count(*) FROM message") == [(50,)]

    good = [a_submission() for _ in range(5)]
    bad = a_submission(reverse_path="x" * 10)
    # The column is a number of 8 octets; no real size comes near its end.
    object.__setattr__(bad.content, "size", 2**70)
    results = await asyncio.gather(
        *(
            spool.acceptor.commit(s, a_judgement(a_copy(s, Disposition.DELIVER)))
            for s in [*good[:2], bad, *good[2:]]
        ),
        return_exceptions=True,
    )
    assert [isinstance(result, TemporaryFailure) for result in results] == [False, False, True] + [False] * 3
    assert spool.sql("SELECT count(*) FROM message") == [(55,)]


async def test_a_commit_with_a_warning_is_not_durable(spool) -> None:
    """What a cancelled wait for a standby looks like: success, and SQLSTATE 01000 as a warning."""
    spool.sql("""
        CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE WARNING 'canceling wait for synchronous replication due to user request';
            RETURN NULL;
        END $$
    """)
    spool.sql("""
        CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION warn()
    """)
    submission = a_submission()
    try:
        with pytest.raises(NotDurable):
            await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    finally:
        spool.sql("DROP TRIGGER warn ON message")
        spool.sql("DROP FUNCTION warn")

    again = a_submission()
    assert await spool.acceptor.commit(again, a_judgement(a_copy(again, Disposition.DELIVER)))


def test_a_commit_that_was_a_rollback_is_not_durable() -> None:
    with pytest.raises(NotDurable):
        check_committed("ROLLBACK", [])


async def test_a_database_that_is_away_is_a_temporary_failure(tmp_path: Path) -> None:
    pool = Pool(f"host={tmp_path} dbname=spool connect_timeout=2")

    with pytest.raises(TemporaryFailure):
        async with pool.connection():
            pass


async def test_a_connection_that_saw_an_error_is_not_used_again(spool) -> None:
    pool = Pool(spool.databases.spool, 1)
    async with pool.connection() as connection:
        first = connection.info.backend_pid
    with pytest.raises(TemporaryFailure):
        async with pool.transaction() as connection:
            await connection.execute("SELECT 1 / 0")
    async with pool.connection() as connection:
        assert connection.info.backend_pid != first
    await pool.close()


async def test_a_restart_while_nobody_commits_is_not_noticed(server: EmbeddedServer, home: Path) -> None:
    prepare(server)
    acceptor = await an_acceptor(server, home)
    for _ in range(2):
        submission = a_submission()
        await acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
        server.stop()
        server.start()


def test_a_second_start_finds_its_data_and_a_second_server_is_refused(home: Path) -> None:
    with EmbeddedServer(home) as first:
        prepare(first)
        with pytest.raises(ConfigurationError, match="another lazaretto uses this home"):
            EmbeddedServer(home).start()
        assert isinstance(database_server(home, first.dsn("postgres")), GivenServer)
        given = GivenServer(first.dsn("postgres"))
        given.start()
        with psycopg.connect(given.dsn("spool")) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("spool",)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert (home / "database.password").stat().st_mode & 0o777 == 0o600

    with EmbeddedServer(home) as second:
        assert migrate(second.dsn("spool"), "spool") == ()


def test_a_server_ends_with_its_parent_and_an_orphan_is_stopped_before_the_next_start(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from lazaretto.db.server import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1])); server.start(); print(server.pid, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.kill()

    with EmbeddedServer(home) as server:
        assert server.pid != orphan
        with psycopg.connect(server.dsn("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    deadline = time.monotonic() + 120
    while Path(f"/proc/{orphan}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{orphan}").exists()
