"""A tenant's filter follows its own people, and neither an attacker nor another tenant can lead it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.events import EventKind
from lazaretto.core.findings import Finding
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import LIFETIME, OFF
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.intelligence.following import IntelligenceFollower
from lazaretto.intelligence.indicator_following import IndicatorSubject
from lazaretto.intelligence.leaning_store import MOST_A_DAY, MOST_SUBJECTS, LeaningStore, LeaningSubject
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.shipping import Shipper
from lazaretto.run.equipping import EquippedDirectory
from lazaretto.run.leaning import ReleaseVoter
from lazaretto.testing.messages import a_copy, a_judgement, a_submission
from tests.integration.conftest import SpoolParts

pytestmark = pytest.mark.integration
TENANT, OTHER = TenantId(7), TenantId(8)
NOW = datetime.now(UTC)
PARTNER = "sender partner.example"
PEOPLE = [f"person{number}@customer.example" for number in range(8)]


@pytest.fixture(scope="module")
def control(database_server: EmbeddedServer) -> str:
    name = f"control_{uuid4().hex[:8]}"
    create_database(database_server.dsn("postgres"), name)
    migrate(database_server.dsn(name), "control")
    return database_server.dsn(name)


@pytest.fixture
async def pool(control: str) -> AsyncIterator[Pool]:
    with psycopg.connect(control) as connection:
        connection.execute("TRUNCATE leaning_vote")
    pool = Pool(control, 2)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: Pool) -> LeaningStore:
    return LeaningStore(pool)


async def degrees(store: LeaningStore, tenant: TenantId = TENANT, at: datetime = NOW) -> dict[str, float]:
    return {each.subject: each.degree for each in await store.of(tenant, at)}


async def test_one_taken_over_mailbox_decides_nothing_however_often_it_reports(store: LeaningStore) -> None:
    for day in range(30):
        for _ in range(10):
            at = NOW - timedelta(days=day)
            await store.vote(TENANT, PEOPLE[0], [PARTNER, "rule CASINO_OFFER"], at, is_wanted=False)

    assert await degrees(store) == {}


async def test_spellings_of_one_mailbox_are_one_person(store: LeaningStore) -> None:
    for spelling in ("Bob@customer.example", "bob@CUSTOMER.example", "BOB@customer.example"):
        await store.vote(TENANT, spelling, [PARTNER], NOW, is_wanted=False)

    assert await degrees(store) == {}


async def test_three_who_agree_lead_their_own_tenant_and_no_other(store: LeaningStore) -> None:
    for person in PEOPLE[:3]:
        await store.vote(TENANT, person, [PARTNER], NOW, is_wanted=True)

    assert (await degrees(store))[PARTNER] < 0
    assert await degrees(store, OTHER) == {}


async def test_those_who_were_led_wrong_turn_it_round(store: LeaningStore) -> None:
    for person in PEOPLE[:3]:
        await store.vote(TENANT, person, [PARTNER], NOW, is_wanted=False)
    await store.vote(TENANT, PEOPLE[4], [PARTNER], NOW, is_wanted=True)

    assert await degrees(store) == {}


async def test_the_last_word_of_a_person_counts(store: LeaningStore) -> None:
    for wanted in (True, False):
        for person in PEOPLE[:6]:
            await store.vote(TENANT, person, [PARTNER], NOW, is_wanted=wanted)

    assert await degrees(store) == {PARTNER: 1.0}


async def test_nobody_fills_the_table(store: LeaningStore, pool: Pool) -> None:
    subjects = [f"sender {number}.example" for number in range(MOST_A_DAY + 50)]
    for begin in range(0, len(subjects), 25):
        await store.vote(TENANT, PEOPLE[0], subjects[begin : begin + 25], NOW, is_wanted=False)
    async with pool.transaction() as connection:
        await connection.execute(
            "INSERT INTO leaning_vote SELECT %s, 'sender ' || n || '.test', 'x', false, %s"
            " FROM generate_series(1, %s) AS n",
            [OTHER, NOW - timedelta(days=2), MOST_SUBJECTS],
        )
    refused = await store.vote(OTHER, PEOPLE[0], ["sender one-more.example"], NOW, is_wanted=False)
    known = await store.vote(OTHER, PEOPLE[0], ["sender 1.test"], NOW, is_wanted=False)

    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM leaning_vote WHERE tenant = %s", [TENANT])
        assert (await cursor.fetchone()) == (MOST_A_DAY,)
    assert (refused, known) == (0, 1)


async def test_what_faded_is_forgotten_and_what_is_reset_is_gone(store: LeaningStore) -> None:
    for person in PEOPLE[:5]:
        await store.vote(TENANT, person, [PARTNER, "rule CASINO_OFFER"], NOW, is_wanted=True)
        await store.vote(OTHER, person, [PARTNER], NOW - LIFETIME - timedelta(days=1), is_wanted=True)

    await store.forget_old(NOW)

    assert set(await degrees(store)) == {PARTNER, "rule CASINO_OFFER"}
    assert await store.reset(OTHER) == 0
    assert await store.reset(TENANT, PARTNER) == 5
    assert set(await degrees(store)) == {"rule CASINO_OFFER"}
    assert await store.reset(TENANT) == 5


class _Plain:
    """Two tenants; the second lets its leanings rest."""

    def __init__(self) -> None:
        self.tenants = {
            TENANT: TenantSnapshot(tenant=TENANT, name="one", version=1, domains={}),
            OTHER: TenantSnapshot(tenant=OTHER, name="two", version=1, domains={}, options={OFF: "off"}),
        }

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return self.tenants.get(tenant)


async def test_looks_follow_what_people_say_unless_it_is_switched_off(
    store: LeaningStore, control: str
) -> None:
    subject = LeaningSubject()
    follower = IntelligenceFollower(control, "test", (subject,))
    for tenant in (TENANT, OTHER):
        for person in PEOPLE[:6]:
            await store.vote(tenant, person, [PARTNER], datetime.now(UTC), is_wanted=True)

    # Loading is what starting does; changes are told of as for everything that is followed.
    await follower.start()
    await follower.stop()
    directory = EquippedDirectory(_Plain(), IndicatorSubject(), subject)
    one, two = directory.by_id(TENANT), directory.by_id(OTHER)

    assert one is not None and [each.subject for each in one.leanings] == [PARTNER]
    assert one.indicators_revision > 0 and directory.by_id(TENANT) is one
    assert two is not None and two.leanings == ()


class _Directory:
    """One tenant with one domain."""

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return TenantSnapshot(tenant=tenant, name="one", version=1, domains={"customer.example": ()})


async def test_whoever_releases_mail_votes_for_its_sender_and_an_operator_does_not(
    store: LeaningStore, spool: SpoolParts
) -> None:
    submission = a_submission("bob@customer.example")
    judgement = replace(
        a_judgement(a_copy(submission, Disposition.QUARANTINE)),
        findings=(Finding("CASINO_OFFER", 2.0),),
        facts={"authors": ["eve@partner.example"], "dmarc": {"result": "pass"}},
    )
    await spool.acceptor.commit(submission, judgement)
    shipper = Shipper(spool.pool, spool.trace_pool)
    while await shipper.ship_once():
        pass
    released = [
        OutboxEvent(
            kind=EventKind.RELEASED,
            at=NOW,
            tenant=submission.legs[0].tenant,
            message=submission.id,
            received_at=submission.received_at,
            details={"by": person},
        )
        for person in ("operator", "admin@operator.example", *PEOPLE[:3])
    ]
    voter = ReleaseVoter(store, spool.trace_pool, _Directory())

    await voter.tell(released[:-1])
    before = await degrees(store, submission.legs[0].tenant)
    await voter.tell(released)

    assert before == {}
    assert set(await degrees(store, submission.legs[0].tenant)) == {PARTNER, "rule CASINO_OFFER"}
