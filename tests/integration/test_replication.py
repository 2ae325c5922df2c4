"""With a synchronous standby, 250 means that both machines have it; what is not certain is answered 451."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.errors import NotDurable, TemporaryFailure
from lazaretto.core.submission import Submission
from lazaretto.db.binaries import find_binaries
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.service_user import service_user
from lazaretto.edge.seams import Seams
from lazaretto.edge.server import ListenAddress, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import Intake, discard
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.node import register
from lazaretto.spool.queue import Queue
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing.edge_fakes import ACME, FixedDirectory, judgement_of
from lazaretto.testing.messages import a_copy, a_judgement, a_submission
from lazaretto.testing.postgresql import ThrowAwayServer, standby_of, throw_away_server
from tests.load.sender import Conversation

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

PATIENCE = 120.0
BOB = "bob@customer.example"
CANCELLED = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
TERMINATED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@dataclass(frozen=True)
class Pair:
    """Two machines with one database."""

    primary: ThrowAwayServer
    standby: ThrowAwayServer
    database: str

    def waiting(self) -> int:
        """Return how many commits wait for the standby."""
        text = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        return self.primary.sql(text)[0][0]

    def is_synchronous(self) -> bool:
        """Tell whether the standby follows and commits wait for it."""
        return self.primary.sql("SELECT sync_state FROM pg_stat_replication") == [("sync",)]

    def messages(self) -> int:
        """Return how many messages the primary shows."""
        return self.primary.sql("SELECT count(*) FROM message", database=self.database)[0][0]

    def survived(self, *messages: UUID) -> bool:
        """Tell whether all of ``messages`` can be read on the standby."""
        text = "SELECT count(DISTINCT id) FROM message WHERE id = ANY (%s)"
        found = self.standby.sql(text, list(messages), database=self.database)
        return found[0][0] == len(messages)


async def until(holds: Callable[[], bool]) -> None:
    """Return as soon as ``holds`` does."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.02)


@contextmanager
def a_primary_and_its_standby() -> Iterator[Pair]:
    binaries = find_binaries(service_user())
    with throw_away_server(binaries) as primary, standby_of(primary, binaries, "second") as standby:
        primary.configure("synchronous_standby_names = 'second'\n")
        primary.reload()
        yield Pair(primary, standby, "")


async def ready(pair: Pair) -> Pair:
    """Return it with the standby following and a new database ``spool``."""
    pair.standby.start()
    await until(pair.is_synchronous)
    pair = replace(pair, database=f"spool_{uuid4().hex[:8]}")
    create_database(pair.primary.dsn(), pair.database)
    migrate(pair.primary.dsn(pair.database), "spool")
    return pair


@pytest.fixture(scope="module")
def lasting_pair() -> Iterator[Pair]:
    """Two machines for all tests that leave the primary alone."""
    with a_primary_and_its_standby() as pair:
        yield pair


@pytest.fixture
async def pair(lasting_pair: Pair) -> Pair:
    """Two machines of which the standby may be stopped."""
    return await ready(lasting_pair)


@pytest.fixture
async def dying_pair() -> AsyncIterator[Pair]:
    """Two machines of which the primary may be killed."""
    with a_primary_and_its_standby() as pair:
        yield await ready(pair)


@dataclass(frozen=True)
class Spool:
    """What one process of the product has open."""

    acceptor: Acceptor
    queue: Queue
    store: Contents


@asynccontextmanager
async def a_spool_on(dsn: str, home: Path, **settings: timedelta) -> AsyncIterator[Spool]:
    wanted = SpoolSettings(**settings)
    pool = Pool(dsn, 4)
    keys = await Keys.open(home / "master.key", TenantKeyRows(pool))
    store = Contents(keys, InlineContentRows(pool).fetch, FileContent(home / "content"))
    node = await register(pool, home, wanted.node_lease)
    yield Spool(Acceptor(pool, store, node, wanted), Queue(pool, store, node, wanted), store)
    await pool.close()


async def commit_one(spool: Spool) -> UUID:
    submission = a_submission()
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    return submission.id


async def judged(submission: Submission) -> Judgement | None:
    return judgement_of(submission, lambda _: Disposition.DELIVER)


async def not_judged(_: Submission) -> Judgement | None:
    return None


@asynccontextmanager
async def an_edge_on(spool: Spool, home: Path, look=judged) -> AsyncIterator[int]:
    """Give the port of an edge that commits to ``spool``."""
    (home / "tmp").mkdir(exist_ok=True)
    seams = Seams(
        directory=FixedDirectory(ACME),
        new_intake=lambda: Intake(home / "tmp", ContentSettings()),
        look=look,
        commit=spool.acceptor.commit,
        refuse=spool.acceptor.refuse,
        discard=discard,
    )
    settings = EdgeSettings(banner_delay=0)
    edge = serve_edge(settings, seams, [ListenAddress("127.0.0.1", 0)], host_name="mx.example")
    await edge.start()
    yield edge.addresses[0].port
    await edge.close()


async def sent(port: int, text: str = "hello", size: int = 100) -> bytes:
    """Send one message; return the answer to its dot."""
    conversation = await Conversation.open("127.0.0.1", port)
    octets = f"From: ann@sender.example\r\nSubject: {text}\r\n\r\n".encode() + b"x" * size + b"\r\n"
    answer = await conversation.send("ann@sender.example", [BOB], octets)
    await conversation.close()
    return answer


def queue_id(answer: bytes) -> UUID:
    """Return the id in our 250."""
    assert answer.startswith(b"250 "), answer
    return UUID(answer.rsplit(b" ", 1)[1].decode())


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(CANCELLED, id="the wait is cancelled"),
        pytest.param(TERMINATED, id="the session is ended"),
    ],
)
async def test_a_commit_waits_for_the_standby_and_a_broken_wait_is_no_success(
    pair: Pair, tmp_path: Path, order: str
) -> None:
    async with a_spool_on(pair.primary.dsn(pair.database), tmp_path) as spool:
        await commit_one(spool)
        pair.standby.stop()

        commit = asyncio.create_task(commit_one(spool))
        await until(lambda: pair.waiting() == 1)
        assert not commit.done()
        pair.primary.sql(order)

        with pytest.raises(NotDurable if order is CANCELLED else TemporaryFailure):
            await commit
        # Its rows are there all the same, which is why nothing may be concluded from finding them.
        assert pair.messages() == 2

        pair.standby.start()
        message = await commit_one(spool)
        await until(lambda: pair.survived(message))


async def test_a_first_message_whose_keys_and_partitions_wait_is_no_success_either(
    pair: Pair, tmp_path: Path
) -> None:
    async with a_spool_on(pair.primary.dsn(pair.database), tmp_path) as spool:
        pair.standby.stop()

        for _ in range(3):
            commit = asyncio.create_task(commit_one(spool))
            await until(lambda: pair.waiting() == 1)
            pair.primary.sql(CANCELLED)
            with pytest.raises(TemporaryFailure):
                await commit

        pair.standby.start()
        message = await commit_one(spool)
        await until(lambda: pair.survived(message))


@pytest.mark.parametrize(
    "look", [pytest.param(judged, id="judged"), pytest.param(not_judged, id="to be looked at later")]
)
async def test_the_client_is_told_451_until_the_standby_is_back(pair: Pair, tmp_path: Path, look) -> None:
    async with (
        a_spool_on(pair.primary.dsn(pair.database), tmp_path) as spool,
        an_edge_on(spool, tmp_path, look) as port,
    ):
        assert (await sent(port)).startswith(b"250 ")
        pair.standby.stop()

        for order in (CANCELLED, TERMINATED):
            answer = asyncio.create_task(sent(port))
            await until(lambda: pair.waiting() == 1)
            assert not answer.done()
            pair.primary.sql(order)
            assert (await answer).startswith(b"451 ")

        pair.standby.start()
        message = queue_id(await sent(port))
        await until(lambda: pair.survived(message))


async def test_a_client_does_not_wait_for_ever_and_mail_flows_again_by_itself(
    pair: Pair, tmp_path: Path
) -> None:
    async with (
        a_spool_on(pair.primary.dsn(pair.database), tmp_path, commit_timeout=timedelta(seconds=2)) as spool,
        an_edge_on(spool, tmp_path) as port,
    ):
        assert (await sent(port)).startswith(b"250 ")
        pair.standby.stop()

        first = asyncio.create_task(sent(port))
        await until(lambda: pair.waiting() == 1)
        answers = await asyncio.gather(first, *(sent(port) for _ in range(4)))
        assert [answer[:4] for answer in answers] == [b"451 "] * 5

        pair.standby.start()
        message = queue_id(await sent(port))
        await until(lambda: pair.survived(message))


async def test_a_settlement_that_is_not_certain_is_told_apart(pair: Pair, tmp_path: Path) -> None:
    async with a_spool_on(pair.primary.dsn(pair.database), tmp_path) as spool:
        await commit_one(spool)
        pair.standby.stop()

        claim = asyncio.create_task(spool.queue.claim_own())
        await until(lambda: pair.waiting() == 1)
        pair.primary.sql(CANCELLED)

        with pytest.raises(NotDurable):
            await claim


async def assert_readable(pair: Pair, home: Path, messages: list[UUID], size: int) -> None:
    """Take over on the standby with another process and read all content."""
    async with a_spool_on(pair.standby.dsn(pair.database), home) as spool:
        copies = {copy.lease.message: copy for copy in await spool.queue.claim_own()}
        for message in messages:
            octets = await spool.store.open(copies[message].content)
            assert bytes(octets[0 : len(octets)]).endswith(b"x" * size + b"\r\n")


class Senders:
    """Clients that send until their server is gone; they remember what was promised."""

    def __init__(self, port: int, size: int) -> None:
        self.promised: list[UUID] = []
        self.refused: list[bytes] = []
        self._port = port
        self._size = size
        self._tasks = [asyncio.create_task(self._send()) for _ in range(6)]

    async def _send(self) -> None:
        while True:
            answer = await sent(self._port, size=self._size)
            if not answer.startswith(b"250 "):
                self.refused.append(answer)
                return
            self.promised.append(queue_id(answer))

    async def finish(self) -> None:
        """Return when every one of them was turned away."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._tasks)


async def test_everything_that_was_promised_survives_the_primary(dying_pair: Pair, tmp_path: Path) -> None:
    dsn = dying_pair.primary.dsn(dying_pair.database)
    async with a_spool_on(dsn, tmp_path) as spool, an_edge_on(spool, tmp_path) as port:
        senders = Senders(port, 5_000)
        await until(lambda: len(senders.promised) >= 100)
        dying_pair.primary.kill()
        await senders.finish()

    dying_pair.standby.promote()

    assert {answer[:4] for answer in senders.refused} == {b"451 "}
    assert dying_pair.survived(*senders.promised)
    await assert_readable(dying_pair, tmp_path, senders.promised, 5_000)


async def test_everything_that_was_promised_survives_a_link_that_froze_before(
    dying_pair: Pair, tmp_path: Path
) -> None:
    """Asynchronous replication loses mail here: the primary is well and goes on promising."""
    dsn = dying_pair.primary.dsn(dying_pair.database)
    async with a_spool_on(dsn, tmp_path) as spool, an_edge_on(spool, tmp_path) as port:
        senders = Senders(port, 5_000)
        await until(lambda: len(senders.promised) >= 50)
        freeze_link_to(dying_pair.standby)
        await until(lambda: dying_pair.waiting() >= 1)
        promised = len(senders.promised)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await senders.finish()
        assert len(senders.promised) == promised
        dying_pair.primary.kill()

    # What the network still held is lost with it.
    dying_pair.standby.kill()
    dying_pair.standby.start()
    dying_pair.standby.promote()

    assert dying_pair.survived(*senders.promised)
    await assert_readable(dying_pair, tmp_path, senders.promised, 5_000)


def freeze_link_to(standby: ThrowAwayServer) -> None:
    """Stop what receives there, as a network does that drops everything."""
    ((receiver,),) = standby.sql("SELECT pid FROM pg_stat_wal_receiver")
    os.kill(receiver, signal.SIGSTOP)
