"""The audit forgets what was kept long enough, on a clock turned by hand, and its chains still verify."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.identity import TenantId
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.auditing import FORGET, OPERATOR, Act, AuditLog
from lazaretto.run.act_forgetting import ActForgetter
from lazaretto.run.steady import SteadyClock
from lazaretto.tenants.store import TenantStore

pytestmark = pytest.mark.integration

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHORT = "tenant: short\ncontract: {audit_months: 3}\n"
LONG = "tenant: long\ncontract: {audit_months: 36}\n"


@dataclass
class Hands:
    """Chains, what forgets of them, and the hands of the clock."""

    log: AuditLog
    forgetter: ActForgetter
    dsn: str
    chains: dict[str, TenantId]
    now: datetime = START
    count: float = 0.0

    async def turn(self, span: timedelta, jump: timedelta = timedelta()) -> None:
        """Let ``span`` pass, and the wall clock jump by ``jump`` besides; then let the job work."""
        self.count += span.total_seconds()
        self.now += span + jump
        await self.forgetter.work(self.now)

    async def kept(self, chain: TenantId) -> list[str]:
        """Return what is kept of ``chain``, oldest first; statements of forgetting as ``-``."""
        read = await self.log.read(chain)
        return ["-" if each.act == FORGET else each.object for each in reversed(read)]

    async def problem(self, chain: TenantId) -> str:
        """Return what is wrong with ``chain``."""
        return (await self.log.verify(chain)).problem

    async def order(self, chain: TenantId, what: str, at: datetime | None = None) -> None:
        """Record that somebody ordered ``what``."""
        await self.log.record(Act(tenant=chain, actor="eva@x.example", act="list.add", object=what), at)

    def change(self, statement: str) -> None:
        """Do to the database what nobody should."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
async def hands(database_server: EmbeddedServer) -> AsyncIterator[Hands]:
    name = f"control_{uuid4().hex[:8]}"
    create_database(database_server.dsn("postgres"), name)
    dsn = database_server.dsn(name)
    migrate(dsn, "control")
    pool, tenants = Pool(dsn, 4), TenantStore(dsn)
    chains = {"platform": OPERATOR}
    for text in (SHORT, LONG, "tenant: usual\n"):
        applied = await tenants.apply(text, by="test", note="")
        known = await tenants.number_of(applied.name)
        assert known is not None
        chains[applied.name] = known
    made = Hands(AuditLog(pool), None, dsn, chains)  # type: ignore[arg-type]
    made.forgetter = ActForgetter(pool, tenants, 12, SteadyClock(lambda: made.count))
    yield made
    await tenants.close()
    await pool.close()


async def test_acts_are_kept_for_twelve_months_or_as_the_contract_says(hands: Hands) -> None:
    for chain in hands.chains.values():
        await hands.order(chain, "first", START)
        await hands.order(chain, "second", START + 40 * DAY)
    left = {}
    for days in (0, 92, 1, 273, 730, 1):
        await hands.turn(days * DAY)
        await hands.turn(timedelta())
        left[(hands.now - START).days] = {
            name: "first" in await hands.kept(chain) for name, chain in hands.chains.items()
        }

    everywhere = dict.fromkeys(hands.chains, True)
    assert left == {
        0: everywhere,
        92: everywhere,
        93: everywhere | {"short": False},
        366: everywhere | {"short": False, "platform": False, "usual": False},
        1096: dict.fromkeys(hands.chains, False) | {"long": True},
        1097: dict.fromkeys(hands.chains, False),
    }
    assert [await hands.problem(chain) for chain in hands.chains.values()] == ["", "", "", ""]


async def test_what_is_forgotten_is_stated_once_and_the_chain_goes_on(hands: Hands) -> None:
    chain = hands.chains["usual"]
    for number in range(1, 5):
        await hands.order(chain, f"act {number}", START + number * 30 * DAY)
    for _again in range(3):
        await hands.turn(440 * DAY if not _again else timedelta(hours=1))
    await hands.order(chain, "later", hands.now)

    assert await hands.kept(chain) == ["act 3", "act 4", "-", "later"]
    stated = (await hands.log.read(chain, act=FORGET))[0]
    assert (stated.object, stated.after["number"]) == ("entries up to 2", 2)
    assert stated.after["at"] == (START + 60 * DAY).isoformat(timespec="microseconds")
    verified = await hands.log.verify(chain)
    assert (verified.entries, verified.forgotten, verified.problem) == (4, 2, "")


async def test_forgetting_again_and_again_leaves_one_whole_chain(hands: Hands) -> None:
    chain = hands.chains["short"]
    for _month in range(24):
        await hands.order(chain, "act", hands.now)
        await hands.turn(30 * DAY)

    assert (await hands.kept(chain)).count("act") == 3
    assert await hands.problem(chain) == ""


@pytest.mark.parametrize("jump", [timedelta(days=800), timedelta(days=-800)])
async def test_a_clock_that_jumps_forgets_nothing(hands: Hands, jump: timedelta) -> None:
    chain = hands.chains["usual"]
    await hands.order(chain, "act", START)
    await hands.turn(DAY)

    await hands.turn(DAY, jump)
    await hands.turn(timedelta(hours=23))

    assert await hands.kept(chain) == ["act"]


async def test_an_act_from_the_future_keeps_what_came_after_it(hands: Hands) -> None:
    chain = hands.chains["usual"]
    for what, at in (("old", START), ("future", START + 3_000 * DAY), ("next", START)):
        await hands.order(chain, what, at)

    await hands.turn(400 * DAY)

    assert await hands.kept(chain) == ["future", "next", "-"]
    assert await hands.problem(chain) == ""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param("DELETE FROM audit_entry WHERE number = 3", "entry 3 is missing", id="one more"),
        pytest.param("UPDATE audit_entry SET actor = 'x' WHERE number = 4", "entry 4 of", id="changed"),
        pytest.param(
            "WITH gone AS (DELETE FROM audit_entry WHERE number = 3 RETURNING tenant, number, hash, at)"
            " UPDATE audit_chain SET forgotten_number = gone.number, forgotten_hash = gone.hash,"
            " forgotten_at = gone.at FROM gone WHERE gone.tenant = audit_chain.tenant",
            "entries up to 3 are gone, and no entry states",
            id="with the anchor moved",
        ),
        pytest.param(
            "UPDATE audit_chain SET forgotten_number = 0, forgotten_hash = NULL",
            "entry 1 is missing",
            id="without an anchor",
        ),
    ],
)
async def test_who_removes_more_is_found(hands: Hands, statement: str, said: str) -> None:
    chain = hands.chains["usual"]
    for number in range(1, 5):
        await hands.order(chain, f"act {number}", START + number * 30 * DAY)
    await hands.turn(440 * DAY)

    hands.change(statement)

    assert said in await hands.problem(chain)


async def test_entries_that_were_changed_stay_to_be_seen(hands: Hands) -> None:
    chain = hands.chains["usual"]
    for number in range(1, 4):
        await hands.order(chain, f"act {number}", START)
    hands.change("UPDATE audit_entry SET actor = 'x' WHERE number = 2")

    await hands.turn(400 * DAY)

    assert await hands.kept(chain) == ["act 1", "act 2", "act 3"]
    assert "entry 2 of" in await hands.problem(chain)


async def test_a_document_that_cannot_be_read_lets_nothing_go(hands: Hands) -> None:
    chain = hands.chains["usual"]
    await hands.order(chain, "act", START)
    hands.change("UPDATE tenant_version SET document = 'tenant: ['")

    await hands.turn(400 * DAY)

    assert await hands.kept(chain) == ["act"]
