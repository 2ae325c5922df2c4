"""A thousand connections that say nothing, and a storm of restarts: mail goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from lazaretto.delivery.settings import DeliverySettings
from tests.integration.running_product import eventually, letter, queue, running_product, wrong_balances
from tests.journeys.conftest import Platform
from tests.load.idle import open_idle
from tests.load.processes import usage_of
from tests.load.product import Product
from tests.load.sender import Ledger, send_all

IDLE = 1_000
MESSAGES = 200
RESTARTS = 3
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


def test_a_storm_of_restarts_loses_nothing(platform: Platform) -> None:
    ledger = Ledger()
    home, port = platform.product.home, platform.product.port

    def killed_and_started() -> None:
        os.kill(platform.product.process.pid, signal.SIGKILL)
        platform.product.process.wait()
        platform.product = Product.start(home, SETTINGS, port)

    async def in_a_storm() -> None:
        sending = asyncio.create_task(
            send_all(port, letters("storm", MESSAGES), ledger, connections=4, retry=True)
        )
        for number in range(1, RESTARTS + 1):
            while len(ledger.accepted) < number * MESSAGES // (RESTARTS + 1) and not sending.done():
                await asyncio.sleep(0.005)
            await asyncio.to_thread(killed_and_started)
        await sending

    asyncio.run(in_a_storm())

    assert len(ledger.accepted) == MESSAGES
    eventually(lambda: not queue(platform), PATIENCE)
    eventually(lambda: len(arrived(platform, ledger)) == MESSAGES, PATIENCE)
    # A message comes again where a kill cut off an answer: the next hop's to us, or ours to the client.
    again = sum(count - 1 for count in arrived(platform, ledger).values())
    assert again <= RESTARTS * (DeliverySettings().max_per_destination + 4)
    assert wrong_balances(platform) == []
    print(f"restarts {RESTARTS}, repeated {again}, answers {ledger.answers}, {time.ctime()}")
