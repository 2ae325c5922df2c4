"""Two nodes on one database are brought to the next release, one after the other, in traffic."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import lazaretto
from lazaretto.db.binaries import Binaries
from lazaretto.testing.postgresql import ThrowAwayServer, throw_away_server
from tests.integration.running_product import eventually, letter, queue, running_product, wrong_balances
from tests.journeys.conftest import Platform
from tests.load.product import Product
from tests.load.sender import Ledger, Pace, send_all

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

DEBIAN = Path("/usr/lib/postgresql/15/bin")
PER_SECOND = 10.0
LEAST_BETWEEN = 20
"""Messages that each node takes before the next one is stopped."""
SETTINGS = (
    "[edge]\nbanner_delay = 0.0\nmax_junk = 100000\n[delivery]\nfirst_delay = 1.0\nlongest_delay = 5.0\n"
)
MIGRATION = "9001-next-release.sql"
CHANGES = {
    "spool": "ALTER TABLE queue ADD COLUMN next_release text; CREATE TABLE next_release (id integer);",
    "trace": "CREATE TABLE next_release (id integer);",
}


class Pair:
    """Two nodes, their next hop and their database."""

    def __init__(self, first: Platform, second: Product, server: ThrowAwayServer) -> None:
        self.platform = first
        self.nodes = [first.product, second]
        self.server = server

    def restart(self, number: int) -> None:
        """Stop node ``number`` as an operator does, and start what is installed now in its place."""
        old = self.nodes[number]
        old.stop()
        self.nodes[number] = Product.start(old.home, SETTINGS, old.port)
        self.platform.product = self.nodes[0]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    if not (DEBIAN / "postgres").exists():
        pytest.skip("Debian package postgresql-15 not installed")
    room = "max_connections = 120\n"
    with throw_away_server(Binaries(DEBIAN, 15), room) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAZARETTO_DSN", server.dsn())
        (tmp_path / "first").mkdir()
        with running_product(tmp_path / "first", SETTINGS) as platform:
            home = tmp_path / "second"
            home.mkdir()
            for key in ("master.key", "web.key"):
                shutil.copy2(platform.product.home / key, home / key)
            pair = Pair(platform, Product.start(home, SETTINGS), server)
            try:
                yield pair
            finally:
                pair.nodes[1].stop()


def next_release(folder: Path) -> Path:
    """Return a folder with this program as it could be tomorrow: it changes tables that are in use."""
    own = Path(lazaretto.__file__).parent
    shutil.copytree(own, folder / "lazaretto", ignore=shutil.ignore_patterns("__pycache__"))
    for database, text in CHANGES.items():
        (folder / "lazaretto" / "db" / "migrations" / database / MIGRATION).write_text(text)
    return folder


async def watch(ports: list[int], unanswered: list[float]) -> None:
    """Ask for a banner ever again; note when neither port gives one."""
    while True:
        if not any([await _greets(port) for port in ports]):
            unanswered.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.05)


async def _greets(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
        try:
            return (await asyncio.wait_for(reader.readline(), 30)).startswith(b"220")
        finally:
            writer.close()
    except OSError:
        return False


def test_one_of_two_nodes_always_answers_and_nothing_is_lost_or_repeated(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledgers = [Ledger(), Ledger()]
    ports = [node.port for node in pair.nodes]
    unanswered: list[float] = []
    is_over = asyncio.Event()

    def letters(mark: str) -> Iterator[tuple[str, str, bytes]]:
        number = 0
        while not is_over.is_set():
            number += 1
            yield f"{mark}{number}", "bob@one.example", letter(f"{mark}{number}")

    async def taken(count: int) -> None:
        for ledger in ledgers:
            while len(ledger.accepted) < count:
                await asyncio.sleep(0.02)

    async def rolling() -> None:
        watching = asyncio.create_task(watch(ports, unanswered))
        sending = [
            asyncio.create_task(
                send_all(port, letters(mark), ledger, connections=2, retry=True, pace=Pace(PER_SECOND))
            )
            for port, mark, ledger in zip(ports, ("first", "second"), ledgers, strict=True)
        ]
        await taken(LEAST_BETWEEN)
        monkeypatch.setenv("PYTHONPATH", str(next_release(tmp_path / "next")))
        for turn, number in enumerate((0, 1), start=2):
            await asyncio.to_thread(pair.restart, number)
            await taken(turn * LEAST_BETWEEN)
        is_over.set()
        await asyncio.gather(*sending)
        watching.cancel()

    asyncio.run(rolling())

    assert unanswered == []
    for database in CHANGES:
        assert (MIGRATION,) in pair.server.sql("SELECT name FROM migration", database=database)
    accepted = {name for ledger in ledgers for name in ledger.accepted}
    eventually(lambda: not queue(pair.platform))
    arrived = Counter(name for name, _, _, _ in pair.platform.sink.received())
    assert set(arrived) == accepted
    assert set(arrived.values()) == {1}
    assert wrong_balances(pair.platform) == []
