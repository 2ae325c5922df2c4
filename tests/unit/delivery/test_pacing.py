"""A limit that somebody set for a destination holds for all couriers together."""

from __future__ import annotations

import asyncio

import pytest

from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.courier import Courier, DeadHosts, Means
from lazaretto.delivery.pacing import Limits, Pacing
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.routing import Router
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_policy import RouteTlsPolicy
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, FixedDirectory, FixedResolver, a_copy
from lazaretto.testing.next_hop import Behaviour


async def test_a_place_is_free_again_when_it_was_left_and_only_once() -> None:
    pacing, limits = Pacing(), Limits(key="a", connections=1)
    first = await pacing.place(limits)
    second = asyncio.create_task(pacing.place(limits))
    third = asyncio.create_task(pacing.place(limits))
    await asyncio.sleep(0)
    assert not second.done()

    first.leave()
    first.leave()
    await second
    await asyncio.sleep(0)

    assert not third.done()
    third.cancel()


async def test_without_a_limit_nobody_waits() -> None:
    pacing, limits = Pacing(), Limits(key="a")

    async with asyncio.timeout(60):
        for _ in range(1000):
            await pacing.place(limits)
            await pacing.turn(limits)


async def test_messages_are_spaced_evenly() -> None:
    pacing, limits = Pacing(), Limits(key="a", per_minute=1200)
    loop = asyncio.get_running_loop()
    start = loop.time()
    await asyncio.gather(*(pacing.turn(limits) for _ in range(5)))

    assert loop.time() - start >= 4 * 0.05 * 0.9


def means_for(hop: NextHop) -> Means:
    settings = DeliverySettings()
    directory = FixedDirectory({"customer.example": (hop,)})
    return Means(
        router=Router(directory, FixedResolver(), settings),
        opener=Opener(settings, "gw.example"),
        tls_policy=RouteTlsPolicy(),
        dead_hosts=DeadHosts(1),
        settings=settings,
    )


async def carry(means: Means) -> None:
    courier, copy = Courier(means), a_copy()
    try:
        await courier.carry(copy, Payload(copy, MESSAGE))
    finally:
        await courier.rest()


async def test_couriers_together_hold_no_more_connections_than_the_route_allows() -> None:
    async with next_hop.NextHop(Behaviour(stall=frozenset({"MAIL"}))) as hop:
        means = means_for(NextHop(host=hop.host, port=hop.port, max_connections=2))
        couriers = [asyncio.create_task(carry(means)) for _ in range(8)]
        async with asyncio.timeout(60):
            while hop.verbs().count("MAIL") < 2:
                await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
        connections = hop.connections
        for courier in couriers:
            courier.cancel()
        await asyncio.gather(*couriers, return_exceptions=True)

    assert connections == 2


@pytest.mark.parametrize("answers", [{}, {"GREETING": b"554 No\r\n"}, {"MAIL": b"421 4.3.2 Later\r\n"}])
async def test_each_connection_gives_its_place_back_however_it_ends(answers: dict[str, bytes]) -> None:
    async with next_hop.NextHop(Behaviour(answers=answers)) as hop:
        means = means_for(NextHop(host=hop.host, port=hop.port, max_connections=2))
        async with asyncio.timeout(60):
            await asyncio.gather(*(carry(means) for _ in range(8)))

    assert hop.connections == 8
