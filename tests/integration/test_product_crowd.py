"""A thousand connections that say nothing, and a storm of restarts: mail goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.restart_storm import storm
from tests.integration.running_product import eventually, letter, running_product
from tests.journeys.conftest import Platform
from tests.load.idle import open_idle
from tests.load.processes import usage_of
from tests.load.sender import Ledger, send_all

IDLE = 1_000
MESSAGES = 200
RESTARTS = 4
PATIENCE = 120.0
MOST_MEMORY = 150.0
SETTINGS = f"[edge]\nmax_connections = {IDLE + 600}\n[delivery]\nfirst_delay = 1.0\nlongest_delay = 5.0\n"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The product, with room for the crowd."""
    folder = tmp_path_factory.mktemp("crowd")
    folder.chmod(0o755)
    with running_product(folder, SETTINGS) as platform:
        yield platform


def letters(mark: str, count: int) -> Iterator[tuple[str, str, bytes]]:
    for number in range(count):
        yield f"{mark}{number}", "bob@one.example", letter(f"{mark}{number}")


def arrived(platform: Platform, ledger: Ledger) -> Counter[str]:
    return Counter(name for name, _, _, _ in platform.sink.received() if name in ledger.sent)


def test_a_thousand_idle_connections_do_not_keep_mail_out(platform: Platform) -> None:
    ledger = Ledger()

    async def in_a_crowd() -> tuple[int, float]:
        idle = await open_idle(platform.product.port, IDLE)
        await send_all(platform.product.port, letters("crowd", MESSAGES), ledger, connections=5)
        memory = usage_of(*platform.product.roots).resident["edge"]
        for writer in idle:
            writer.transport.abort()
        return len(idle), memory

    greeted, memory = asyncio.run(in_a_crowd())

    assert greeted == IDLE
    assert ledger.answers == {"250": MESSAGES}
    assert memory < MOST_MEMORY
    eventually(lambda: len(arrived(platform, ledger)) == MESSAGES, PATIENCE)
    assert set(arrived(platform, ledger).values()) == {1}


def test_a_storm_of_restarts_loses_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("storm")
    folder.chmod(0o755)

    halves, are_balanced = storm(folder, RESTARTS)

    assert [half.lost for half in halves] == [[], []]
    assert halves[0].repeated == 0, "an orderly restart repeats nothing"
    assert halves[1].unexplained == [], "more came again than answers were cut off"
    assert are_balanced
