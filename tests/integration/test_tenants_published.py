"""What is applied is in force on every process within seconds, and stays so without the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.server import EmbeddedServer
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.following import SnapshotFollower
from lazaretto.tenants.store import TenantStore

pytestmark = pytest.mark.integration

ACME = """\
version: 1
tenant: acme
domains:
  customer.example:
    routes: [{host: 127.0.0.1, port: 2626}]
address_registration: enforce
addresses: [alice@customer.example, bob@customer.example]
outbound: {senders: [192.0.2.0/28]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("home"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def dsn(server: EmbeddedServer, request: pytest.FixtureRequest) -> str:
    name = f"control_{abs(hash(request.node.name)) % 10**9}"
    create_database(server.dsn("postgres"), name)
    migrate(server.dsn(name), "control")
    return server.dsn(name)


@pytest.fixture
async def store(dsn: str) -> AsyncIterator[TenantStore]:
    async with TenantStore(dsn) as store:
        yield store


@pytest.fixture
async def follower(dsn: str) -> AsyncIterator[SnapshotFollower]:
    follower = SnapshotFollower(dsn, "edge 1")
    await follower.start()
    yield follower
    await follower.stop()


async def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_applied_document_is_in_force_at_every_follower(
    store: TenantStore, follower: SnapshotFollower
) -> None:
    applied = await store.apply(ACME, "ann")

    assert await store.wait_until_in_force(applied.publication) == ()
    snapshot = follower.tenant_of("customer.example")
    assert snapshot is not None
    assert (snapshot.name, snapshot.version, snapshot.tenant) == ("acme", 1, applied.tenant)
    assert snapshot.accepts("Alice@customer.example")
    assert follower.sender_at("192.0.2.7") is snapshot
    assert follower.by_id(applied.tenant) is snapshot
    assert follower.publication == applied.publication


async def test_a_follower_that_starts_later_has_everything(store: TenantStore, dsn: str) -> None:
    await store.apply(ACME, "ann")

    late = SnapshotFollower(dsn, "edge 2")
    await late.start()

    assert late.tenant_of("customer.example") is not None
    await late.stop()


async def test_the_same_configuration_again_is_no_new_version(store: TenantStore) -> None:
    first = await store.apply(ACME, "ann")
    again = await store.apply("# a comment\n" + ACME, "bob")

    assert first.changed and not again.changed
    assert (again.version, again.publication) == (1, first.publication)
    assert len(await store.history("acme")) == 1


async def test_what_is_exported_can_be_applied_and_changes_nothing(store: TenantStore) -> None:
    await store.apply(ACME, "ann")

    exported = await store.export("acme")

    assert not (await store.apply(exported, "ann")).changed
    assert await store.export("acme") == exported
    assert parse_document(exported, "x") == parse_document(ACME, "x")


async def test_a_rollback_is_a_new_version_with_the_old_document(
    store: TenantStore, follower: SnapshotFollower
) -> None:
    await store.apply(ACME, "ann", note="first")
    await store.apply(ACME + "max_message_size: 10\n", "bob")

    applied = await store.rollback("acme", 1, "carol")

    await store.wait_until_in_force(applied.publication)
    assert applied.version == 3
    assert [(each.number, each.published_by) for each in await store.history("acme")] == [
        (3, "carol"),
        (2, "bob"),
        (1, "ann"),
    ]
    snapshot = follower.tenant_of("customer.example")
    assert snapshot is not None and snapshot.max_message_size == 50_000_000


async def test_a_domain_that_is_left_out_is_no_longer_received_for(
    store: TenantStore, follower: SnapshotFollower
) -> None:
    await store.apply(ACME, "ann")
    applied = await store.apply(ACME.replace("customer.example", "other.example"), "ann")

    await store.wait_until_in_force(applied.publication)

    assert follower.tenant_of("customer.example") is None
    assert follower.tenant_of("other.example") is not None


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        pytest.param("domains: {customer.example: {}}", 'domain "customer.example" belongs', id="domain"),
        pytest.param("outbound: {senders: [192.0.2.3]}", "192.0.2.3/32 are registered", id="address inside"),
        pytest.param("outbound: {senders: [192.0.0.0/16]}", "192.0.0.0/16 are", id="network around"),
    ],
)
async def test_nobody_gets_what_belongs_to_another_tenant(store: TenantStore, taken: str, words: str) -> None:
    await store.apply(ACME, "ann")

    with pytest.raises(ConfigurationError, match=words):
        await store.apply(f"tenant: rival\n{taken}\n", "eve")

    assert await store.names() == ("acme",)


async def test_what_a_tenant_gave_up_another_may_have(store: TenantStore) -> None:
    await store.apply(ACME, "ann")
    await store.apply("tenant: acme\n", "ann")

    await store.apply(ACME.replace("acme", "rival"), "bob")

    assert await store.names() == ("acme", "rival")


async def test_unknown_tenants_and_versions_are_named(store: TenantStore) -> None:
    with pytest.raises(ConfigurationError, match='no tenant "nobody"'):
        await store.export("nobody")
    with pytest.raises(ConfigurationError, match="no version 7"):
        await store.rollback("nobody", 7)
    with pytest.raises(ConfigurationError, match='no tenant "nobody"'):
        await store.history("nobody")


async def test_publications_at_the_same_time_are_all_followed(
    store: TenantStore, follower: SnapshotFollower
) -> None:
    def document(number: int) -> str:
        return f"tenant: t{number}\ndomains: {{d{number}.example: {{}}}}\n"

    applied = await asyncio.gather(*(store.apply(document(number), "ann") for number in range(20)))

    latest = max(each.publication for each in applied)
    assert len({each.publication for each in applied}) == 20
    assert await store.wait_until_in_force(latest) == ()
    assert all(follower.tenant_of(f"d{number}.example") for number in range(20))


async def test_a_process_that_does_not_follow_any_more_is_named_only_while_it_lives(
    store: TenantStore, dsn: str
) -> None:
    await store.apply(ACME, "ann")
    stuck = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    await stuck.execute(
        "INSERT INTO process_version (backend, backend_start, process, publication)"
        " SELECT pid, backend_start, 'stuck', 0 FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    )

    assert await store.wait_until_in_force(1, timeout=0.2) == ("stuck",)

    await stuck.close()
    assert await store.wait_until_in_force(1) == ()


async def test_two_processes_of_one_name_are_both_waited_for(store: TenantStore, dsn: str) -> None:
    followers = [SnapshotFollower(dsn, "edge"), SnapshotFollower(dsn, "edge")]
    for each in followers:
        await each.start()

    applied = await store.apply(ACME, "ann")

    assert await store.wait_until_in_force(applied.publication) == ()
    assert all(each.tenant_of("customer.example") for each in followers)
    for each in followers:
        await each.stop()


async def test_processes_that_were_killed_are_forgotten(store: TenantStore, dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO process_version (backend, backend_start, process, publication)"
            " VALUES (1, now(), 'killed', 0), (pg_backend_pid(), '2020-01-01', 'killed long ago', 0)"
        )

        assert await store.lagging(1) == ()

        follower = SnapshotFollower(dsn, "edge")
        await follower.start()
        rows = await (await connection.execute("SELECT process FROM process_version")).fetchall()
        assert rows == [("edge",)]
        await follower.stop()


async def test_the_last_good_snapshots_stay_while_the_database_is_away(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.start()
    create_database(server.dsn("postgres"), "control")
    migrate(server.dsn("control"), "control")
    follower = SnapshotFollower(server.dsn("control"), "edge 1")
    async with TenantStore(server.dsn("control")) as store:
        await store.apply(ACME, "ann")
    await follower.start()

    server.stop()
    async with TenantStore(server.dsn("control")) as store:
        with pytest.raises(TemporaryFailure):
            await store.names()
    assert follower.tenant_of("customer.example") is not None

    server.start()
    async with TenantStore(server.dsn("control")) as store:
        await store.apply(ACME + "max_message_size: 10\n", "ann")
    await until(lambda: follower.tenant_of("customer.example").max_message_size == 10_000_000)
    await follower.stop()
    server.stop()


async def test_a_snapshot_of_another_program_is_compiled_again(store: TenantStore, dsn: str) -> None:
    await store.apply(ACME, "ann")
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("UPDATE tenant_version SET snapshot = 'other', snapshot_format = 0")

    follower = SnapshotFollower(dsn, "edge 1")
    await follower.start()

    snapshot = follower.tenant_of("customer.example")
    assert snapshot is not None and snapshot.accepts("bob@customer.example")
    await follower.stop()


async def test_one_unreadable_snapshot_keeps_nobody_else_from_being_followed(
    store: TenantStore, dsn: str
) -> None:
    await store.apply(ACME, "ann")
    await store.apply("tenant: other\ndomains: {other.example: {}}\n", "ann")
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("UPDATE tenant_version SET snapshot = 'broken' WHERE tenant = 1")

    follower = SnapshotFollower(dsn, "edge 1")
    await follower.start()

    assert follower.tenant_of("customer.example") is None
    assert follower.tenant_of("other.example") is not None
    await follower.stop()
