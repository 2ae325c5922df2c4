"""Entries end by themselves, trials are proposed, and outgoing mail teaches addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lazaretto.core.events import EventKind
from lazaretto.db.migrate import prepare
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.auditing import AuditLog
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.run.address_learning import AddressTeacher
from lazaretto.run.list_caring import ACTOR, ListCarer
from lazaretto.tenants.following import SnapshotFollower
from lazaretto.tenants.learned import OUTBOUND, LearnedAddresses
from lazaretto.tenants.reviewing import Reviews
from lazaretto.tenants.store import TenantStore

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("home"))
    server.start()
    prepare(server)
    yield server
    server.stop()


@pytest.fixture
async def control(server: EmbeddedServer) -> AsyncIterator[Pool]:
    pool = Pool(server.dsn("control"), 2)
    yield pool
    await pool.close()


@pytest.fixture
async def trace(server: EmbeddedServer) -> AsyncIterator[Pool]:
    pool = Pool(server.dsn("trace"), 2)
    yield pool
    await pool.close()


@pytest.fixture
async def store(server: EmbeddedServer) -> AsyncIterator[TenantStore]:
    async with TenantStore(server.dsn("control")) as store:
        yield store


@pytest.fixture
def carer(server: EmbeddedServer, control: Pool, trace: Pool, store: TenantStore) -> ListCarer:
    return ListCarer(control, trace, store, server.dsn("trace"))


def document(name: str, more: str) -> str:
    return f"tenant: {name}\ndomains: {{{name}.example: {{}}}}\n{more}"


async def test_an_entry_ends_though_the_same_document_is_applied_again(
    store: TenantStore, carer: ListCarer, control: Pool
) -> None:
    name = f"a{uuid4().hex[:8]}"
    text = document(name, "approved_senders: [a.example]\nreview: {required: true}\n")
    applied = await store.apply(text, "ann")
    await carer.work(NOW)
    await store.apply(text, "ann")
    await carer.work(NOW + timedelta(days=364))
    assert "a.example" in await store.export(name)

    await carer.work(NOW + timedelta(days=365))

    assert "a.example" not in await store.export(name)
    assert (await store.history(name))[0].published_by == ACTOR
    entry = (await AuditLog(control).read(applied.tenant))[0]
    assert (entry.act, entry.before) == ("lists.clean", ["approved_senders a.example: stood for 365 days"])


async def test_what_behaved_on_trial_is_proposed_once_and_acts_when_somebody_approves(
    store: TenantStore, carer: ListCarer, control: Pool
) -> None:
    name = f"b{uuid4().hex[:8]}"
    await store.apply(document(name, "blocked_senders: [{entry: b.example, shadow: true}]\n"), "ann")
    reviews = Reviews(control, store)
    await carer.work(NOW)
    assert not await reviews.list(name)

    for days in (14, 14.1):
        await carer.work(NOW + timedelta(days=days))

    (proposal,) = await reviews.list(name)
    assert proposal.proposed_by == ACTOR and "on trial for 14 days" in proposal.note
    assert "shadow" in await store.export(name)
    await reviews.approve(name, proposal.id, "ann", now=NOW + timedelta(days=15))
    assert "shadow" not in await store.export(name)


async def test_outgoing_mail_teaches_addresses_apart_from_the_list(
    store: TenantStore, server: EmbeddedServer, control: Pool
) -> None:
    learning, enforcing = f"c{uuid4().hex[:8]}", f"d{uuid4().hex[:8]}"
    first = await store.apply(
        document(learning, f"address_registration: learn\naddresses: [known@{learning}.example]\n"), "ann"
    )
    second = await store.apply(document(enforcing, ""), "ann")
    follower = SnapshotFollower(server.dsn("control"), "test")
    await follower.start()
    learned = LearnedAddresses(control)
    teacher = AddressTeacher(learned, follower)

    await teacher.tell(
        [
            scanned(first.tenant, f"New@{learning}.example"),
            scanned(first.tenant, f"new@{learning}.example"),
            scanned(first.tenant, f"known@{learning}.example"),
            scanned(first.tenant, "stranger@elsewhere.example"),
            scanned(first.tenant, f"caught@{learning}.example", disposition="quarantine"),
            scanned(first.tenant, f"in@{learning}.example", direction="inbound"),
            scanned(first.tenant, ""),
            scanned(second.tenant, f"new@{enforcing}.example"),
        ]
    )
    await follower.stop()

    (found,) = await learned.of(first.tenant)
    assert (found.address, found.source, found.messages) == (f"new@{learning}.example", OUTBOUND, 2)
    assert found.first_seen == NOW
    assert not await learned.of(second.tenant)
    assert f"new@{learning}.example" not in await store.export(learning)


def scanned(
    tenant: int, sender: str, *, disposition: str = "deliver", direction: str = "outbound"
) -> OutboxEvent:
    return OutboxEvent(
        tenant=tenant,
        message=uuid4(),
        kind=EventKind.SCANNED,
        at=NOW,
        received_at=NOW,
        recipients=(),
        details={
            "facts": {"reverse_path": sender},
            "copies": [{"direction": direction, "disposition": disposition}],
        },
    )
