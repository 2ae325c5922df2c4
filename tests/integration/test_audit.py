"""Audit chains show every row that was changed, removed, put in between or cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.identity import TenantId
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.auditing import OPERATOR, Act, AuditLog

pytestmark = pytest.mark.integration

TENANT = TenantId(7)


@pytest.fixture(scope="module")
def control(database_server: EmbeddedServer) -> str:
    name = f"control_{uuid4().hex[:8]}"
    create_database(database_server.dsn("postgres"), name)
    migrate(database_server.dsn(name), "control")
    return database_server.dsn(name)


@pytest.fixture
async def log(control: str) -> AsyncIterator[AuditLog]:
    with psycopg.connect(control, autocommit=True) as connection:
        connection.execute("TRUNCATE audit_entry, audit_chain")
    pool = Pool(control, 4)
    yield AuditLog(pool)
    await pool.close()


def an_act(number: int = 1, tenant: TenantId = TENANT) -> Act:
    return Act(
        tenant=tenant,
        actor="eva@customer.example",
        act="list.add",
        object=f"entry {number}",
        client="192.0.2.7",
        before=None,
        after={"kind": "domain", "value": "partner.example", "days": 30, "share": 0.5},
    )


async def filled(log: AuditLog, entries: int = 5) -> None:
    for number in range(1, entries + 1):
        await log.record(an_act(number))


def change(control: str, statement: str) -> None:
    with psycopg.connect(control, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_a_chain_that_nobody_touched_holds(log: AuditLog) -> None:
    await filled(log)

    verified = await log.verify(TENANT)

    assert (verified.entries, verified.problem) == (5, "")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param("DELETE FROM audit_entry WHERE number = 3", "entry 3 is missing", id="removed"),
        pytest.param("DELETE FROM audit_entry WHERE number = 5", "entries 5 to 5 are missing", id="cut off"),
        pytest.param("UPDATE audit_entry SET actor = 'x' WHERE number = 2", "entry 2 of", id="other actor"),
        pytest.param(
            "UPDATE audit_entry SET after = '{}' WHERE number = 4", "entry 4 of", id="other consequence"
        ),
        pytest.param(
            "UPDATE audit_entry SET at = at + interval '1 second' WHERE number = 1",
            "entry 1 of",
            id="other time",
        ),
        pytest.param(
            "DELETE FROM audit_entry WHERE number = 3;"
            "UPDATE audit_entry SET number = number - 1 WHERE number > 3",
            "entry 3 of",
            id="removed and closed up",
        ),
        pytest.param("DELETE FROM audit_chain", "head", id="without its head"),
    ],
)
async def test_what_was_done_to_a_chain_is_found(
    log: AuditLog, control: str, statement: str, said: str
) -> None:
    await filled(log)
    change(control, statement)

    assert said in (await log.verify(TENANT)).problem


async def test_tenants_have_chains_of_their_own(log: AuditLog) -> None:
    await filled(log, 2)
    await log.record(an_act(1, TenantId(8)))
    await log.record(an_act(1, OPERATOR))

    assert [entry.object for entry in await log.read(TENANT)] == ["entry 2", "entry 1"]
    assert [entry.number for entry in await log.read(TenantId(8))] == [1]
    assert await log.chains() == [OPERATOR, TENANT, TenantId(8)]


async def test_an_order_that_fails_says_so(log: AuditLog) -> None:
    with pytest.raises(RuntimeError):
        async with log.recorded(an_act()):
            raise RuntimeError("the disk is full")

    latest, first = await log.read(TENANT)
    assert (first.act, latest.act) == ("list.add", "list.add failed")
    assert latest.after == {"problem": "the disk is full"}


async def test_many_at_once_make_one_chain(log: AuditLog) -> None:
    import asyncio

    await asyncio.gather(*(log.record(an_act(number)) for number in range(20)))

    verified = await log.verify(TENANT)
    assert (verified.entries, verified.problem) == (20, "")
